package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"nadel/internal/archive"
	"nadel/internal/cli"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// backup writes everything that the database of a configuration holds to w, in
// the form of a file. It does not migrate: a backup is what one makes before.
func (h *house) backup(ctx context.Context, c cli.Config, w io.Writer, p cli.Progress) (err error) {
	st, err := store.Open(ctx, c.DB, h.catalog, store.Options{Existing: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	z, err := archive.Pack(w)
	if err != nil {
		return err
	}
	if err := st.Save(ctx, z, stages(p)); err != nil {
		return err
	}
	return z.Close()
}

func stages(p cli.Progress) store.Progress {
	return func(stage store.Stage, done, total int64) { p(string(stage), done, total) }
}

// restore fills the database of a configuration from a backup. The whole file is
// read and believed before anything else is touched.
func (h *house) restore(ctx context.Context, c cli.Config, file io.ReadSeeker, replace bool, p cli.Progress) (err error) {
	if err := believe(file, p); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the backup again: %w", err)
	}
	r, err := archive.Unpack(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	st, err := store.Open(ctx, c.DB, h.catalog, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return st.Load(ctx, r, replace, stages(p))
}

func believe(file io.Reader, p cli.Progress) (err error) {
	r, err := archive.Unpack(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	_, err = archive.Verify(r, func(rows, total int64) { p("believing", rows, total) })
	return err
}

// errStopped is what the sending side of a copy is told when the other has ended.
var errStopped = errors.New("the other side has ended")

// copyOver fills one database with all that another holds. The source is only
// read.
func (h *house) copyOver(ctx context.Context, from, to string, replace bool, p cli.Progress) (err error) {
	if from == to {
		return fault.New(fault.Usage, "error.copy_onto_itself")
	}
	source, err := store.Open(ctx, from, h.catalog, store.Options{Existing: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := store.Open(ctx, to, h.catalog, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()

	r, w := io.Pipe()
	sent := make(chan error, 1)
	go func() {
		err := source.Save(ctx, w, func(store.Stage, int64, int64) {}) // the receiving side tells
		_ = w.CloseWithError(err)                                      // never fails
		sent <- err
	}()
	failed := target.Load(ctx, r, replace, stages(p))
	_ = r.CloseWithError(errStopped) // never fails
	if err := <-sent; err != nil && !errors.Is(err, errStopped) {
		return err // what the receiving side says is only what came of it
	}
	return failed
}
