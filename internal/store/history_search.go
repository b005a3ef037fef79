package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nadel/internal/entity"
	"nadel/internal/plan"
)

// HistoryQuery asks for changes of any records, the newest first.
type HistoryQuery struct {
	Employee int64        // who became or ceased to be responsible; 0 is anybody
	Concern  plan.Concern // of the employee; "" is both
	Field    string       // by its catalog name; "" is any
	Author   *int64       // 0 is the operator; nil is anybody
	Import   int64        // 0: all imports, and what was done by hand
	Record   int64        // 0 is any
	From, To time.Time    // both included; zero is open
	Before   Found        // only what comes after this one in the answer: the page before; zero begins
	Limit    int
}

// Found is one change that a search in history has found.
type Found struct {
	At         time.Time
	ImportID   int64 // 0: by hand
	Entity     *entity.Entity
	RecordID   int64
	Version    int64 // the record's version after the change
	EmployeeID int64 // who made it; 0 is the operator
	Row        int64
	FileName   string
	Undoes     int64
	TakenBack  bool // all or nothing took it back again
	Being      plan.Being
	Changes    []entity.Change
}

// after tells whether f comes after g in the answer: newest first, and at one
// instant by import, record and version, the highest first.
func (f *Found) after(g *Found) bool { return f.compare(g) > 0 }

func (f *Found) compare(g *Found) int {
	return cmp.Or(g.At.Compare(f.At), cmp.Compare(g.ImportID, f.ImportID), cmp.Compare(g.RecordID, f.RecordID), cmp.Compare(g.Version, f.Version))
}

// searchPart is how many chunks or entries by hand are looked at in one go.
const searchPart = 200

// SearchHistory finds changes. Those by hand are found by time; of imports, only
// those chunks are read that have touched the employee and the field.
func (tx *Tx) SearchHistory(q HistoryQuery) ([]Found, error) {
	s := &historySearch{tx: tx, q: q}
	if err := s.imports(); err != nil {
		return nil, err
	}
	if q.Import == 0 {
		if err := s.byHand(); err != nil {
			return nil, err
		}
	}
	return s.found, nil
}

type historySearch struct {
	tx    *Tx
	q     HistoryQuery
	found []Found // in order, at most Limit
}

// add takes in a change that fits, and tells whether anything older can still
// come onto the page.
func (s *historySearch) add(f Found) {
	if !s.fits(&f) {
		return
	}
	at, _ := slices.BinarySearchFunc(s.found, f, func(a, b Found) int { return a.compare(&b) })
	s.found = slices.Insert(s.found, at, f)
	if len(s.found) > s.q.Limit {
		s.found = s.found[:s.q.Limit]
	}
}

// full tells whether nothing of this instant or older can come onto the page.
func (s *historySearch) full(at time.Time) bool {
	return len(s.found) == s.q.Limit && s.found[len(s.found)-1].At.After(at)
}

func (s *historySearch) fits(f *Found) bool {
	q := &s.q
	if !q.Before.At.IsZero() && !f.after(&q.Before) {
		return false
	}
	if q.Record != 0 && f.RecordID != q.Record {
		return false
	}
	field, concerns := q.Field == "", q.Employee == 0
	for _, c := range f.Changes {
		field = field || c.Field == q.Field
		concerns = concerns || c.Field == entity.Responsibles &&
			plan.Concerns(entity.ParseIDs(c.Before), entity.ParseIDs(c.After), q.Employee, q.Concern)
	}
	return field && concerns
}

// latest is the newest instant that may still be asked for.
func (s *historySearch) latest() int64 {
	latest := int64(1) << 60
	if !s.q.To.IsZero() {
		latest = millis(s.q.To)
	}
	if !s.q.Before.At.IsZero() {
		latest = min(latest, millis(s.q.Before.At))
	}
	return latest
}

func (s *historySearch) byHand() error {
	author, anybody := int64(0), int64(1)
	if s.q.Author != nil {
		author, anybody = *s.q.Author, 0
	}
	for upto, done := s.latest(), int64(0); ; {
		n, oldest := int64(0), upto
		err := s.tx.query(`SELECT kind, record_id, version, employee_id, at, fields FROM changes
			WHERE workspace_id = ? AND at <= ? AND at >= ? AND (CAST(? AS BIGINT) = 1 OR employee_id = ?) AND (CAST(? AS BIGINT) = 0 OR record_id = ?)
			AND fields LIKE ? ORDER BY at DESC, kind, record_id, version LIMIT ? OFFSET ?`,
			[]any{s.tx.workspace, upto, millis(s.q.From), anybody, author, s.q.Record, s.q.Record, s.mentions(), searchPart, done}, func(scan func(...any) error) error {
				var f Found
				var kind int
				var fields string
				var at int64
				if err := scan(&kind, &f.RecordID, &f.Version, &f.EmployeeID, &at, &fields); err != nil {
					return fmt.Errorf("read history: %w", err)
				}
				if err := json.Unmarshal([]byte(fields), &f.Changes); err != nil {
					return fmt.Errorf("read history of record %d: %w", f.RecordID, err)
				}
				if n++; at == oldest {
					done++
				} else {
					oldest, done = at, 1
				}
				if f.At, f.Entity = instant(at), s.tx.catalog.ByNumber(kind); f.Version > 1 { // not its birth
					s.add(f)
				}
				return nil
			})
		if err != nil || n < searchPart || s.full(instant(oldest)) {
			return err
		}
		upto = oldest // and so many of this instant have been looked at
	}
}

// mentions is what the JSON of a change must look like to be worth reading: of half
// a million changes of other fields the database reads past by itself.
func (s *historySearch) mentions() string {
	switch {
	case s.q.Field != "":
		return `%"field":"` + s.q.Field + `"%`
	case s.q.Employee != 0:
		return `%"field":"` + entity.Responsibles + `"%`
	}
	return "%"
}

// foundChunk is a chunk of an import that may hold what is looked for.
type foundChunk struct {
	chunk
	at, author, undoes int64
	file               string
	kind               int
	accepted           plan.Guards
	may                bool
}

func (s *historySearch) imports() error {
	for upto, done := s.latest(), int64(0); ; {
		chunks, err := s.chunks(upto, done)
		if err != nil {
			return err
		}
		for _, c := range chunks {
			if s.full(instant(c.at)) {
				return nil
			}
			if c.at == upto {
				done++
			} else {
				upto, done = c.at, 1
			}
			if !c.may {
				continue
			}
			if err := s.rows(c); err != nil {
				return err
			}
		}
		if len(chunks) < searchPart {
			return nil
		}
	}
}

// chunks lists the next chunks back in time.
func (s *historySearch) chunks(upto, skip int64) ([]foundChunk, error) {
	author, anybody := int64(0), int64(1)
	if s.q.Author != nil {
		author, anybody = *s.q.Author, 0
	}
	var list []foundChunk
	err := s.tx.query(`SELECT k.import_id, k.last_record, COALESCE((SELECT MAX(b.last_record) FROM import_chunks b
				WHERE b.workspace_id = k.workspace_id AND b.import_id = k.import_id AND b.last_record < k.last_record), 0),
			k.at, i.applied_by, i.undoes, i.file_name, i.kind, i.accepted, k.employees, k.fields
		FROM import_chunks k JOIN imports i ON i.workspace_id = k.workspace_id AND i.id = k.import_id
		WHERE k.workspace_id = ? AND i.forgotten_at = 0 AND k.at <= ? AND k.at >= ? AND (CAST(? AS BIGINT) = 1 OR i.applied_by = ?) AND (CAST(? AS BIGINT) = 0 OR k.import_id = ?)
		ORDER BY k.at DESC, k.import_id DESC, k.last_record DESC LIMIT ? OFFSET ?`,
		[]any{s.tx.workspace, upto, millis(s.q.From), anybody, author, s.q.Import, s.q.Import, searchPart, skip}, func(scan func(...any) error) error {
			var c foundChunk
			var packed []byte
			var fields *string
			if err := scan(&c.importID, &c.last, &c.after, &c.at, &c.author, &c.undoes, &c.file, &c.kind, &c.accepted, &packed, &fields); err != nil {
				return fmt.Errorf("read a chunk: %w", err)
			}
			var err error
			c.may, err = s.mayHold(&c, packed, fields)
			list = append(list, c)
			return err
		})
	return list, err
}

func (s *historySearch) mayHold(c *foundChunk, packed []byte, fields *string) (bool, error) {
	if s.q.Record != 0 && (s.q.Record <= c.after || s.q.Record > c.last) {
		return false, nil
	}
	if s.q.Field != "" && fields != nil && !slices.Contains(strings.Split(*fields, ","), s.q.Field) {
		return false, nil
	}
	if s.q.Employee == 0 {
		return true, nil
	}
	return chunkConcerns(packed, s.q.Employee)
}

// rows looks through the rows of a chunk, backwards, until the page is full.
func (s *historySearch) rows(c foundChunk) error {
	first, last := c.after+1, c.last
	if s.q.Record != 0 {
		first, last = s.q.Record, s.q.Record
	}
	if b := s.q.Before; b.ImportID == c.importID && millis(b.At) == c.at {
		last = min(last, b.RecordID-1)
	}
	for last >= first {
		n, lowest, full := 0, last, false
		err := s.tx.query("SELECT "+changeColumns+` FROM import_changes c
			WHERE c.workspace_id = ? AND c.import_id = ? AND c.record_id BETWEEN ? AND ? AND c.fate <> ? AND (c.guards & ~CAST(? AS BIGINT)) = 0
			ORDER BY c.record_id DESC LIMIT ?`,
			[]any{s.tx.workspace, c.importID, first, last, plan.InConflict, int64(c.accepted), searchPart}, func(scan func(...any) error) error {
				row, err := s.tx.scanChange(scan)
				if err != nil {
					return err
				}
				n, lowest = n+1, row.RecordID
				row = row.Passing(c.accepted)
				f := Found{
					At: instant(c.at), ImportID: c.importID, Entity: row.Entity, RecordID: row.RecordID, Version: row.Version + 1,
					EmployeeID: c.author, Row: row.Row, FileName: c.file, Undoes: c.undoes, TakenBack: row.Fate == plan.TakenBack, Being: row.Being, Changes: fieldChanges(&row),
				}
				if f.Entity == nil {
					f.Entity = s.tx.catalog.ByNumber(c.kind)
				}
				s.add(f)
				full = len(s.found) == s.q.Limit && s.found[s.q.Limit-1].compare(&f) < 0
				return nil
			})
		if err != nil || n < searchPart || full {
			return err
		}
		last = lowest - 1
	}
	return nil
}

var errNoSuchCursor = errors.New("no such place in history")

// ParseFound reads what Place wrote: where a page of a search ended.
func ParseFound(text string) (f Found, err error) {
	var at int64
	if _, err := fmt.Sscanf(text, "%d.%d.%d.%d", &at, &f.ImportID, &f.RecordID, &f.Version); err != nil || at < 1 {
		return f, errNoSuchCursor
	}
	f.At = instant(at)
	return f, nil
}

// Place is where a page that ends with this change goes on.
func (f *Found) Place() string {
	return fmt.Sprintf("%d.%d.%d.%d", millis(f.At), f.ImportID, f.RecordID, f.Version)
}
