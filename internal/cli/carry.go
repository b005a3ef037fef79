package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"nadel/internal/archive"
	"nadel/internal/fault"
)

// Progress is told now and then how much of what a stage has done. Its stages
// have messages: cli.stage.NAME.
type Progress func(stage string, done, total int64)

type backupCommand struct {
	File string `arg:"" help:"${h_backup_file}"`
}

// Run writes everything that the database holds into one file, whole or not at
// all.
func (c backupCommand) Run(ctx context.Context, s *session) error {
	if err := c.mayBeWritten(); err != nil {
		return err
	}
	return s.staged(func(p Progress) error {
		return s.write(c.File, func(w io.Writer) error { return s.house.Backup(ctx, s.config, w, p) })
	})
}

// mayBeWritten keeps a backup from taking the place of anything but a backup: of
// the database itself, before all.
func (c backupCommand) mayBeWritten() error {
	file, err := os.Open(c.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.New(fault.Usage, "error.cannot_write", "name", c.File, "problem", reason(err))
	}
	defer func() { _ = file.Close() }() // only read from
	if !archive.IsBackup(file) {
		return fault.New(fault.Usage, "error.backup_over_other", "name", c.File)
	}
	return nil
}

type restoreCommand struct {
	File    string `arg:"" help:"${h_restore_file}"`
	Replace bool   `help:"${h_replace}"`
}

// Run fills the database from a backup.
func (c restoreCommand) Run(ctx context.Context, s *session) error {
	file, err := os.Open(c.File)
	if err != nil {
		return fault.New(fault.Usage, "error.cannot_read", "name", c.File, "problem", reason(err))
	}
	defer func() { _ = file.Close() }() // only read from
	if err := s.staged(func(p Progress) error { return s.house.Restore(ctx, s.config, file, c.Replace, p) }); err != nil {
		return err
	}
	s.print(s.say.T("cli.restored", "name", shownDatabase(s.config.DB)))
	return nil
}

type copyCommand struct {
	From    string `required:"" placeholder:"DB" help:"${h_copy_from}"`
	To      string `required:"" placeholder:"DB" help:"${h_copy_to}"`
	Replace bool   `help:"${h_replace}"`
}

// Run fills one database with what another holds.
func (c copyCommand) Run(ctx context.Context, s *session) error {
	if err := s.staged(func(p Progress) error { return s.house.Copy(ctx, c.From, c.To, c.Replace, p) }); err != nil {
		return err
	}
	s.print(s.say.T("cli.copied", "from", shownDatabase(c.From), "to", shownDatabase(c.To)))
	return nil
}

// staged shows the progress of f.
func (s *session) staged(f func(Progress) error) error {
	bar := s.bar()
	defer bar.clear()
	return f(func(stage string, done, total int64) { bar.show(s.say.T("cli.stage."+stage), done, total) })
}
