package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"nadel/internal/fault"
	"nadel/internal/plan"
)

// uploading is the state of an import whose file is still arriving; it is shown
// to nobody and swept away when the upload was given up.
const uploading plan.State = "uploading"

// importColumns is read by scanImport, in this order.
const importColumns = `i.id, i.kind, i.kinds, i.mode, i.state, i.reason, i.options, i.all_or_nothing, i.notices, i.undoes,
	i.file_name, i.file_sha256, i.file_size, i.accepted, i.summary,
	i.rows_read, i.rows_change, i.rows_unchanged, i.rows_held, i.rows_failed, i.rows_accepted,
	i.rows_applied, i.rows_conflict, i.rows_blank, i.warnings, i.rows_mended, i.held_by, i.applied_upto, i.taking_back,
	i.progress_done, i.progress_total, i.created_by, i.created_at, i.checked_at, i.applied_by,
	i.started_at, i.finished_at, i.worked_ms, i.cancel_asked, i.waiting, i.fence, i.revision, i.replans, i.corrects,
	COALESCE((SELECT MAX(k.id) FROM imports k WHERE k.workspace_id = i.workspace_id
		AND k.corrects = i.id AND k.corrects > 0), 0),
	COALESCE((SELECT MAX(u.id) FROM imports u WHERE u.workspace_id = i.workspace_id
		AND u.undoes = i.id AND u.undoes > 0 AND u.rows_applied > 0), 0), i.rows_undone, i.forgotten_at`

func (tx *Tx) scanImport(scan func(...any) error) (*plan.Import, error) {
	i := &plan.Import{Workspace: tx.workspace}
	var kind, kinds int
	var reason, options, summary, heldBy string
	var created, checked, started, finished, worked, forgotten int64
	c := &i.Counts
	err := scan(&i.ID, &kind, &kinds, &i.Mode, &i.State, &reason, &options, &i.AllOrNothing, &i.Notices, &i.Undoes,
		&i.File.Name, &i.File.SHA256, &i.File.Size, &i.Accepted, &summary,
		&c.Read, &c.Change, &c.Unchanged, &c.Held, &c.Failed, &c.Accepted,
		&c.Applied, &c.Conflict, &c.Blank, &c.Warnings, &c.Mended, &heldBy, &i.AppliedUpto, &i.TakingBack,
		&i.Done, &i.Total, &i.CreatedBy, &created, &checked, &i.AppliedBy,
		&started, &finished, &worked, &i.CancelAsked, &i.Waiting, &i.Fence, &i.Revision, &i.Replans, &i.Corrects, &i.CorrectedBy, &i.UndoneBy, &i.Undone, &forgotten)
	if err != nil {
		return nil, fmt.Errorf("read an import: %w", err)
	}
	i.Catalog = tx.catalog
	i.Entity = tx.catalog.ByNumber(kind)
	i.Kinds = tx.kindsOf(kinds, i.Entity)
	i.CreatedAt, i.CheckedAt, i.StartedAt, i.FinishedAt = instant(created), instant(checked), instant(started), instant(finished)
	i.ForgottenAt = instant(forgotten)
	i.Worked = time.Duration(worked) * time.Millisecond
	if i.Undone == 0 { // the undo was undone
		i.UndoneBy = 0
	}
	if started > 0 {
		c.Remaining = i.Selected() - c.Applied - c.Conflict
	}
	for _, part := range []struct {
		text string
		into any
	}{{reason, &i.Reason}, {options, &i.Options}, {summary, &i.Summary}, {heldBy, &i.HeldBy}} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return nil, fmt.Errorf("%w: read import %d: %w", errDamaged, i.ID, err)
		}
	}
	return i, nil
}

// Import finds an import. One of another workspace is absent. Whoever reads it in
// a writing transaction is about to decide on it, so it is locked there.
func (tx *Tx) Import(id int64) (*plan.Import, error) {
	var found *plan.Import
	locked := tx.locked()
	if locked != "" {
		locked += " OF i"
	}
	err := tx.query("SELECT "+importColumns+" FROM imports i WHERE i.workspace_id = ? AND i.id = ? AND i.state <> ?"+locked,
		[]any{tx.workspace, id, uploading}, func(scan func(...any) error) (err error) {
			found, err = tx.scanImport(scan)
			return err
		})
	if err == nil && found == nil {
		err = fault.New(fault.NotFound, "error.no_such_import", "id", id)
	}
	return found, err
}

// Imports lists imports, newest first, and tells how many there are in all.
func (tx *Tx) Imports(offset int64, limit int) ([]*plan.Import, int64, error) {
	return tx.importsAnd("", nil, offset, limit)
}

// ImportsOf is Imports of those that one employee has begun.
func (tx *Tx) ImportsOf(employee, offset int64, limit int) ([]*plan.Import, int64, error) {
	return tx.importsAnd(" AND i.created_by = ?", []any{employee}, offset, limit)
}

// importsAnd lists the imports for which a condition holds besides.
func (tx *Tx) importsAnd(condition string, args []any, offset int64, limit int) ([]*plan.Import, int64, error) {
	args = append([]any{tx.workspace, uploading}, args...)
	var total int64
	if _, err := tx.one("SELECT COUNT(*) FROM imports i WHERE i.workspace_id = ? AND i.state <> ?"+condition, args, &total); err != nil {
		return nil, 0, err
	}
	var list []*plan.Import
	err := tx.query("SELECT "+importColumns+" FROM imports i WHERE i.workspace_id = ? AND i.state <> ?"+condition+" ORDER BY i.id DESC LIMIT ? OFFSET ?", append(slices.Clone(args), limit, offset),
		func(scan func(...any) error) error {
			i, err := tx.scanImport(scan)
			list = append(list, i)
			return err
		})
	return list, total, err
}

// InsertImport gives i the next number and stores it; whether it tells those whose
// records change hands is at first as the workspace has it. With arriving, its file is
// still on the way (AppendFile) and nobody sees the import before FinishUpload.
func (tx *Tx) InsertImport(i *plan.Import, arriving bool) error {
	if _, err := tx.one("UPDATE workspaces SET next_import_id = next_import_id + 1 WHERE id = ? RETURNING next_import_id - 1, notices",
		[]any{tx.workspace}, &i.ID, &i.Notices); err != nil {
		return err
	}
	options, err := json.Marshal(i.Options)
	if err != nil {
		return fmt.Errorf("write import options: %w", err)
	}
	state := plan.Uploaded
	if arriving {
		state = uploading
	}
	i.Workspace, i.State, i.CreatedAt = tx.workspace, plan.Uploaded, tx.at
	_, err = tx.exec(`INSERT INTO imports (workspace_id, id, kind, kinds, mode, state, options, all_or_nothing, notices, undoes,
		file_name, accepted, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.workspace, i.ID, i.Entity.Number, kindBits(i), i.Mode, state, string(options), truth(i.AllOrNothing), truth(i.Notices), i.Undoes,
		i.File.Name, i.Accepted, i.CreatedBy, millis(tx.at))
	return err
}

// AppendFile adds the next part of an arriving file; parts count from 0.
func (tx *Tx) AppendFile(importID int64, part int, content []byte) error {
	_, err := tx.exec("INSERT INTO import_files (workspace_id, import_id, part, content) VALUES (?, ?, ?, ?)",
		tx.workspace, importID, part, content)
	return err
}

// FinishUpload lets the import be seen and claimed: its file is whole.
func (tx *Tx) FinishUpload(importID int64, f plan.File) error {
	_, err := tx.exec("UPDATE imports SET state = ?, file_sha256 = ?, file_size = ? WHERE workspace_id = ? AND id = ? AND state = ?",
		plan.Uploaded, f.SHA256, f.Size, tx.workspace, importID, uploading)
	return err
}

// CopyFile gives an arriving import the file of another one.
func (tx *Tx) CopyFile(from, to int64) error {
	_, err := tx.exec(`INSERT INTO import_files (workspace_id, import_id, part, content)
		SELECT workspace_id, ?, part, content FROM import_files WHERE workspace_id = ? AND import_id = ?`,
		to, tx.workspace, from)
	return err
}

// DropUpload forgets an import whose file did not arrive whole.
func (tx *Tx) DropUpload(importID int64) error {
	if _, err := tx.exec(`DELETE FROM import_files WHERE workspace_id = ? AND import_id =
		(SELECT id FROM imports WHERE workspace_id = ? AND id = ? AND state = ?)`,
		tx.workspace, tx.workspace, importID, uploading); err != nil {
		return err
	}
	_, err := tx.exec("DELETE FROM imports WHERE workspace_id = ? AND id = ? AND state = ?", tx.workspace, importID, uploading)
	return err
}

// FilePart is the size of the parts of a stored file, but the last, in bytes.
const FilePart = 1 << 20

// file reads a stored file part by part, keeping a few parts at hand.
type file struct {
	store     *Store
	ctx       context.Context
	workspace int64
	importID  int64
	size      int64
	parts     map[int64][]byte
	order     []int64 // parts at hand, oldest first
}

// OpenFile gives random access to an import's file. It may be used by one
// goroutine at a time.
func (s *Store) OpenFile(ctx context.Context, i *plan.Import) io.ReaderAt {
	return &file{store: s, ctx: ctx, workspace: i.Workspace, importID: i.ID, size: i.File.Size, parts: map[int64][]byte{}}
}

// partsAtHand lets a reader that jumps between the shared strings and the rows
// of a workbook do so without reading the same part twice.
const partsAtHand = 8

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < f.size {
		part, err := f.part(off / FilePart)
		if err != nil {
			return n, err
		}
		at := off % FilePart
		if at >= int64(len(part)) {
			return n, fmt.Errorf("import %d: part %d of the file is short", f.importID, off/FilePart)
		}
		c := copy(p[n:], part[at:])
		n += c
		off += int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) part(number int64) ([]byte, error) {
	if part, ok := f.parts[number]; ok {
		return part, nil
	}
	var content []byte
	err := f.store.Read(f.ctx, f.workspace, func(tx *Tx) error {
		found, err := tx.one("SELECT content FROM import_files WHERE workspace_id = ? AND import_id = ? AND part = ?",
			[]any{f.workspace, f.importID, number}, &content)
		if err == nil && !found {
			err = fmt.Errorf("part %d is missing", number)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read file of import %d: %w", f.importID, err)
	}
	if len(f.order) == partsAtHand {
		delete(f.parts, f.order[0])
		f.order = f.order[1:]
	}
	f.parts[number] = content
	f.order = append(f.order, number)
	return content, nil
}

// SetDecision keeps what a person decided on the preview: the guards accepted for
// all rows, and whether all or nothing is to be applied.
func (tx *Tx) SetDecision(id int64, accepted plan.Guards, allOrNothing bool, acceptedRows int64) error {
	n, err := tx.exec(`UPDATE imports SET accepted = ?, all_or_nothing = ?, rows_accepted = ?
		WHERE workspace_id = ? AND id = ? AND state = ?`,
		accepted, truth(allOrNothing), acceptedRows, tx.workspace, id, plan.Ready)
	return tx.moved(id, n, err)
}

// StartApplying moves a ready import on; anybody else who decided in the
// meantime makes it a conflict.
func (tx *Tx) StartApplying(id, by int64) error {
	n, err := tx.exec(`UPDATE imports SET state = ?, applied_by = ?, started_at = ?, progress_done = 0,
		progress_total = rows_change + rows_accepted WHERE workspace_id = ? AND id = ? AND state = ?`,
		plan.Applying, by, millis(tx.at), tx.workspace, id, plan.Ready)
	return tx.moved(id, n, err)
}

// Cancel ends a waiting or ready import at once and asks a working one to stop.
func (tx *Tx) Cancel(id int64, reason *fault.Error) error {
	text, err := json.Marshal(reason)
	if err != nil {
		return fmt.Errorf("write reason: %w", err)
	}
	n, err := tx.exec(`UPDATE imports SET
			state = CASE WHEN state IN (?, ?) THEN ? ELSE state END,
			finished_at = CASE WHEN state IN (?, ?) THEN ? ELSE finished_at END,
			reason = ?, cancel_asked = 1
		WHERE workspace_id = ? AND id = ? AND state IN (?, ?, ?, ?)`,
		plan.Uploaded, plan.Ready, plan.Cancelled,
		plan.Uploaded, plan.Ready, millis(tx.at),
		string(text), tx.workspace, id, plan.Uploaded, plan.Ready, plan.Checking, plan.Applying)
	return tx.moved(id, n, err)
}

// moved tells a change that found the import in another state than it expected.
func (tx *Tx) moved(id, n int64, err error) error {
	if err != nil || n == 1 {
		return err
	}
	i, err := tx.Import(id)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "error.import_state", "id", id, "state", string(i.State))
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
