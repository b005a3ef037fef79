package store

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// List answers a query within what scope lets see. The ids come first, from
// narrow indexes, and only the rows of the page are read whole.
func (tx *Tx) List(e *entity.Entity, q entity.Query, scope entity.Scope) (entity.Page, error) {
	page := entity.Page{Total: -1}
	sel, err := newSelection(tx, e, q, scope)
	if err != nil {
		return page, err
	}
	if !q.WithoutCount {
		if page.Total, err = sel.count(); err != nil {
			return page, err
		}
		if page.Total <= q.Offset {
			return page, nil
		}
	}
	ids, err := sel.page(q, page.Total)
	if err != nil {
		return page, err
	}
	page.Records, err = tx.GetMany(e, ids)
	return page, err
}

// Count tells how many records a query finds.
func (tx *Tx) Count(e *entity.Entity, q entity.Query, scope entity.Scope) (int64, error) {
	sel, err := newSelection(tx, e, q, scope)
	if err != nil {
		return 0, err
	}
	return sel.count()
}

// Each reads up to limit records that a query finds with ids above afterID, in
// the order of ids: the way to walk all of them without holding a transaction.
func (tx *Tx) Each(e *entity.Entity, q entity.Query, scope entity.Scope, afterID int64, limit int) ([]*entity.Record, error) {
	sel, err := newSelection(tx, e, q, scope)
	if err != nil {
		return nil, err
	}
	where, args := sel.where()
	args = append(args, afterID, limit)
	var list []*entity.Record
	err = tx.query("SELECT "+recordColumns(e)+" FROM "+recordFrom(e)+where+" AND w.id > ? ORDER BY w.id LIMIT ?", args,
		func(scan func(...any) error) error {
			rec, err := scanRecord(e, scan)
			list = append(list, rec)
			return err
		})
	return list, err
}

// selection is a query made of SQL conditions on the wide row w.
type selection struct {
	tx     *Tx
	e      *entity.Entity
	conds  []string
	args   []any
	people [][]int64 // records under one of these employees, for each set
	active *bool
	number int64 // the search read as an id; 0 when it is none
}

func newSelection(tx *Tx, e *entity.Entity, q entity.Query, scope entity.Scope) (*selection, error) {
	s := &selection{tx: tx, e: e, active: q.Active}
	if !scope.All {
		s.under(scope.Employees, scope.Unassigned)
	}
	if len(q.Responsible) > 0 || q.Unassigned {
		s.under(q.Responsible, q.Unassigned)
	}
	names := make([]string, 0, len(q.Filters))
	for name := range q.Filters {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := s.filter(name, q.Filters[name]); err != nil {
			return nil, err
		}
	}
	s.search(q.Search)
	return s, nil
}

// under narrows to records of any of the employees; unassigned ones stand under 0.
func (s *selection) under(employees []int64, unassigned bool) {
	set := slices.Clone(employees)
	if unassigned {
		set = append(set, 0)
	}
	s.people = append(s.people, entity.SortedSet(set))
}

func (s *selection) filter(name string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	if !s.e.Has(name) {
		return fault.New(fault.Invalid, "error.no_such_filter", "field", name).In(name)
	}
	f := s.e.Field(name)
	column := "w." + quote(f.Name)
	var either, given []string
	for _, value := range values {
		v, err := toColumn(f, value)
		if err != nil {
			return fault.New(fault.Invalid, "error.no_such_choice").In(name)
		}
		if v == nil {
			either = append(either, column+" IS NULL")
			continue
		}
		given, s.args = append(given, "?"), append(s.args, v)
	}
	if len(given) > 0 {
		either = append(either, column+" IN ("+strings.Join(given, ", ")+")")
	}
	s.conds = append(s.conds, "("+strings.Join(either, " OR ")+")")
	return nil
}

// search narrows to records that hold every word, in any order; a number also
// finds the record of that id, and a phone is found however it is written.
func (s *selection) search(text string) {
	folded := entity.Fold(trimSearch(text))
	if folded == "" {
		return
	}
	s.number = recordNumber(folded)
	words := strings.Fields(folded)
	if phone := phoneWord(folded); phone != "" {
		words = []string{phone}
	}
	all := make([]string, 0, len(words))
	for _, word := range words {
		if entity.Digits(word) == word && len(word) < shortestPhone {
			word = " " + word // the beginning of a word, not the middle of a number
		}
		// instr and position are the same to LIKE with its wildcards taken away.
		all, s.args = append(all, `w.search_text LIKE ? ESCAPE '\'`), append(s.args, "%"+likeText(word)+"%")
	}
	cond := strings.Join(all, " AND ")
	if s.number > 0 {
		cond, s.args = "w.id = ? OR "+cond, slices.Insert(s.args, len(s.args)-len(all), any(s.number))
	}
	s.conds = append(s.conds, "("+cond+")")
}

// shortestPhone is how many digits are a part of a phone rather than the number
// of a house.
const shortestPhone = 4

// phoneWord is the digits of a search that can only be a phone; "" for others.
func phoneWord(folded string) string {
	if strings.Trim(folded, "0123456789+-() ./") != "" {
		return ""
	}
	digits := entity.Digits(folded)
	if len(digits) < shortestPhone {
		return ""
	}
	if len(digits) == 11 && digits[0] == '8' {
		return digits[2:] // dialled within the country: 8 029 … is +375 29 …, 8 912 … is +7 912 …
	}
	return digits
}

func likeText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// where writes the conditions with their arguments in order.
func (s *selection) where() (string, []any) {
	conds := append([]string{"w.workspace_id = ?"}, s.conds...)
	args := append([]any{s.tx.workspace}, s.args...)
	if s.active != nil {
		conds = append(conds, "EXISTS (SELECT 1 FROM records a WHERE a.workspace_id = w.workspace_id AND a.kind = ? AND a.id = w.id AND a.active = ?)")
		args = append(args, s.e.Number, truth(*s.active))
	}
	for _, set := range s.people {
		conds = append(conds, "EXISTS (SELECT 1 FROM responsibilities p WHERE p.workspace_id = w.workspace_id AND p.employee_id IN ("+
			marks(len(set))+") AND p.kind = ? AND p.record_id = w.id)")
		args = append(append(args, anys(set)...), s.e.Number)
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}

// count takes the narrowest table that answers.
func (s *selection) count() (n int64, err error) {
	tx := s.tx
	switch {
	case len(s.conds) == 0 && len(s.people) == 0:
		q, args := "SELECT COUNT(*) FROM records WHERE workspace_id = ? AND kind = ?", []any{tx.workspace, s.e.Number}
		if s.active != nil {
			q, args = q+" AND active = ?", append(args, truth(*s.active))
		}
		_, err = tx.one(q, args, &n)
	case len(s.conds) == 0 && len(s.people) == 1 && s.active == nil:
		what := "COUNT(DISTINCT record_id)"
		if len(s.people[0]) == 1 {
			what = "COUNT(*)"
		}
		_, err = tx.one("SELECT "+what+" FROM responsibilities WHERE workspace_id = ? AND employee_id IN ("+marks(len(s.people[0]))+") AND kind = ?",
			append(append([]any{tx.workspace}, anys(s.people[0])...), s.e.Number), &n)
	default:
		where, args := s.where()
		_, err = tx.one("SELECT COUNT(*) FROM "+quote(s.e.Table)+" w"+where, args, &n)
	}
	return n, err
}

// page finds the ids of the page in the order asked for.
func (s *selection) page(q entity.Query, total int64) ([]int64, error) {
	join, order, joinArgs, err := s.order(q)
	if err != nil {
		return nil, err
	}
	where, args := s.where()
	args = append(joinArgs, args...)
	if s.number > 0 { // the record of that very id before those that hold the number somewhere
		order, args = "CASE WHEN w.id = ? THEN 0 ELSE 1 END, "+order, append(args, s.number)
	}
	args = append(args, q.Limit, q.Offset)
	var ids []int64
	err = s.tx.query("SELECT w.id FROM "+quote(s.e.Table)+" w"+join+where+" ORDER BY "+order+" LIMIT ? OFFSET ?", args,
		func(scan func(...any) error) error {
			var id int64
			if err := scan(&id); err != nil {
				return fmt.Errorf("read an id: %w", err)
			}
			ids = append(ids, id)
			return nil
		})
	return ids, err
}

// order tells what to join and what to sort by. Ids break ties, so that a page
// never repeats a record of another.
func (s *selection) order(q entity.Query) (join, order string, args []any, err error) {
	direction := ""
	if q.Descending {
		direction = " DESC"
	}
	by := func(terms ...string) string {
		return strings.Join(append(terms, "w.id"), direction+", ") + direction
	}
	switch {
	case q.Sort == "" || q.Sort == s.e.Title:
		return "", by("w.sort_key"), nil, nil
	case q.Sort == entity.ID:
		return "", by(), nil, nil
	case q.Sort == entity.Active:
		return " JOIN records o ON o.workspace_id = w.workspace_id AND o.kind = ? AND o.id = w.id", by("o.active"), []any{s.e.Number}, nil
	case !s.e.Has(q.Sort):
		return "", "", nil, fault.New(fault.Invalid, "error.no_such_sort", "field", q.Sort)
	}
	f := s.e.Field(q.Sort)
	column := "w." + quote(f.Name)
	switch f.Kind {
	case entity.Directory:
		return " LEFT JOIN directory_values o ON o.workspace_id = w.workspace_id AND o.id = " + column, by("o.place", "o.name_folded"), nil, nil
	case entity.Reference:
		table := s.tx.catalog.ByName(f.Ref).Table
		return " LEFT JOIN " + quote(table) + " o ON o.workspace_id = w.workspace_id AND o.id = " + column, by("o.sort_key"), nil, nil
	default:
		return "", by(column), nil, nil
	}
}

// longestSearch bounds what is searched for; nobody types more.
const longestSearch = 200

// trimSearch cuts an overlong search at a whole character.
func trimSearch(s string) string {
	if utf8.RuneCountInString(s) <= longestSearch {
		return s
	}
	return string([]rune(s)[:longestSearch])
}
