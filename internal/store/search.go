package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
)

// Free search and the filters by directories must not read a million rows to
// find ten. So each kind of record has a search table beside its wide one, which
// knows for every three letters in a row which records hold them, and for every
// value of a directory which records have it (a mark: three letters that nobody
// types). What it finds may be too much, never too little; the conditions on the
// wide row decide. Triggers keep it in step, so that no way of writing a record
// can forget it. All of it is derived from the catalog and can be made anew.

// searchVersion grows when what a search table holds changes for another reason
// than the catalog.
const searchVersion = 1

// gramLetters is how many letters in a row the search tables know.
const gramLetters = 3

// searchTable is the name of the search table of e.
func searchTable(e *entity.Entity) string { return e.Table + "_search" }

// grams is every three letters in a row of a folded text; none when it is shorter.
func grams(text string) []string {
	letters := []rune(text)
	var list []string
	for i := 0; i+gramLetters <= len(letters); i++ {
		list = append(list, string(letters[i:i+gramLetters]))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Marks are written in letters of private use: one for the field, two for the
// number of the value. valueBase squared is more values than a workspace has.
const (
	fieldLetter = 0xF0000
	valueLetter = 0xE000
	valueBase   = 6400
)

// marked tells whether the values of a field are marked in the search table.
func marked(f *entity.Field) bool {
	return f.Own == 0 && (f.Kind == entity.Directory || f.Kind == entity.Bool)
}

// mark is the mark of a value of a field; no value is 0.
func mark(e *entity.Entity, field string, value int64) string {
	return string([]rune{
		fieldLetter + rune(e.Index(field)), valueLetter + rune(value/valueBase%valueBase), valueLetter + rune(value%valueBase),
	})
}

// searchColumns are the columns of a wide row that its search entry is made of.
func searchColumns(e *entity.Entity) []string {
	columns := []string{"search_text"}
	for i := range e.Fields {
		if marked(&e.Fields[i]) {
			columns = append(columns, quote(e.Fields[i].Name))
		}
	}
	return columns
}

// searchDocument is the SQL expression for the text that is entered for the wide
// row r; letter is the engine's function from a number to a letter.
func searchDocument(e *entity.Entity, r, letter string) string {
	parts := []string{r + ".search_text"}
	for i := range e.Fields {
		f := &e.Fields[i]
		if !marked(f) {
			continue
		}
		value := "COALESCE(" + r + "." + quote(f.Name) + ", 0)"
		for _, number := range []string{
			strconv.Itoa(fieldLetter + i),
			fmt.Sprintf("CAST(%d + %s / %d %% %[3]d AS INTEGER)", valueLetter, value, valueBase),
			fmt.Sprintf("CAST(%d + %s %% %d AS INTEGER)", valueLetter, value, valueBase),
		} {
			parts = append(parts, letter+"("+number+")")
		}
	}
	return strings.Join(parts, " || ")
}

// changedSearchColumns is the condition of a trigger that an entry is to be made
// anew.
func changedSearchColumns(e *entity.Entity, different string) string {
	var conds []string
	for _, c := range searchColumns(e) {
		conds = append(conds, "OLD."+c+" "+different+" NEW."+c)
	}
	return strings.Join(conds, " OR ")
}

// searchFillChunk is how many records are entered in one transaction.
const searchFillChunk = 5000

// makeSearchTables makes the search tables that the catalog asks for and enters
// what is stored already, once after every change of what they hold. Whoever is
// killed in between begins where he was. It is called by Migrate, under its lock.
func (s *Store) makeSearchTables(ctx context.Context) error {
	for _, e := range s.catalog.Entities {
		definition := s.dialect.searchTable(e)
		text := strings.Join(definition, ";\n")
		var known string
		var version, filled int64
		err := s.readAll(ctx, func(tx *Tx) error {
			_, err := tx.one("SELECT definition, version, filled FROM search_tables WHERE kind = ?", []any{e.Number}, &known, &version, &filled)
			return err
		})
		if err != nil {
			return err
		}
		if known != text && version <= searchVersion {
			if err := s.defineSearchTable(ctx, e, definition, text); err != nil {
				return fmt.Errorf("make the search table of %s: %w", e.Table, err)
			}
			filled = 0
		}
		if filled == 0 {
			if err := s.fillSearchTable(ctx, e); err != nil {
				return fmt.Errorf("fill the search table of %s: %w", e.Table, err)
			}
		}
	}
	return nil
}

func (s *Store) defineSearchTable(ctx context.Context, e *entity.Entity, definition []string, text string) error {
	return s.writeAll(ctx, func(tx *Tx) error {
		for _, statement := range definition {
			if _, err := tx.conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", brief(statement), err)
			}
		}
		_, err := tx.exec(`INSERT INTO search_tables (kind, version, definition, filled) VALUES (?, ?, ?, 0)
			ON CONFLICT (kind) DO UPDATE SET version = excluded.version, definition = excluded.definition, filled = 0`,
			e.Number, searchVersion, text)
		return err
	})
}

// fillSearchTable enters the records that are not entered yet; new and changed
// ones are entered by the triggers meanwhile.
func (s *Store) fillSearchTable(ctx context.Context, e *entity.Entity) error {
	workspaces, err := s.Workspaces(ctx)
	if err != nil {
		return err
	}
	for _, w := range workspaces {
		for after, done := int64(0), false; !done; {
			if err := s.Write(ctx, w.ID, func(tx *Tx) error {
				var last *int64
				if _, err := tx.one("SELECT MAX(id) FROM (SELECT id FROM "+quote(e.Table)+` WHERE workspace_id = ? AND id > ?
					ORDER BY id LIMIT ?) AS chunk`, []any{w.ID, after, searchFillChunk}, &last); err != nil {
					return err
				}
				if done = last == nil; done {
					return nil
				}
				_, err := tx.exec(s.dialect.searchFill(e), w.ID, after, *last)
				after = *last
				return err
			}); err != nil {
				return err
			}
		}
	}
	return s.writeAll(ctx, func(tx *Tx) error {
		_, err := tx.exec("UPDATE search_tables SET filled = 1 WHERE kind = ?", e.Number)
		return err
	})
}

// fewFound is how many candidates of the search table are looked at one by one.
// Of more, a page is found sooner by walking along the list's order.
const fewFound = 10_000

// glanceFound is how many candidates are looked at of more than a few, where a part
// will do: nobody reads two thousand rows, and the first page comes at once.
const glanceFound = 2_000

// narrow lets the search table find the candidates when they are few, or some of
// them when a glance is enough.
func (s *selection) narrow(glance bool) error {
	if len(s.found) == 0 || s.few {
		return nil
	}
	find, args := s.tx.dialect.searchFind(s.e, s.tx.workspace, s.found)
	var n int64
	if _, err := s.tx.one("SELECT COUNT(*) FROM ("+find+" LIMIT "+strconv.Itoa(fewFound+1)+") AS found", args, &n); err != nil {
		return err
	}
	s.few = n <= fewFound
	switch {
	case s.few:
	case glance:
		find += " LIMIT " + strconv.Itoa(glanceFound)
		s.few, s.part = true, true
	default:
		return nil
	}
	if s.number > 0 {
		find, args = "SELECT CAST(? AS BIGINT) UNION ALL "+find, append([]any{s.number}, args...)
	}
	s.conds, s.args = append(s.conds, "w.id IN ("+find+")"), append(s.args, args...)
	return nil
}

// Holding finds records of e whose names or other searched fields hold a folded
// text, more or less: all of its three letters in a row, in whatever order. At
// most limit of them; none for a text that is shorter.
func (tx *Tx) Holding(e *entity.Entity, folded string, limit int) ([]int64, error) {
	var groups [][]string
	for _, gram := range grams(folded) {
		groups = append(groups, []string{gram})
	}
	if groups == nil {
		return nil, nil
	}
	find, args := tx.dialect.searchFind(e, tx.workspace, groups)
	return tx.numbers("SELECT * FROM ("+find+" LIMIT "+strconv.Itoa(limit)+") AS found", args...)
}
