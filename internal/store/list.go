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
	sel, err := selectionFor(tx, e, q, scope, q.Glance)
	if err != nil {
		return entity.Page{}, err
	}
	return tx.list(e, q, scope, sel)
}

func (tx *Tx) list(e *entity.Entity, q entity.Query, scope entity.Scope, sel *selection) (entity.Page, error) {
	page := entity.Page{Total: -1}
	var err error
	var ids []int64
	if (sel.searching || sel.few) && !q.WithoutCount && q.Sort != entity.Active {
		// The search looks at every row anyway: once is enough for both answers.
		if ids, err = sel.ids(q, gather, ""); err != nil {
			return page, err
		}
		page.Total, page.Part = int64(len(ids)), sel.part
		if page.Part && page.Total < glanceFound { // most of the part was not meant: then only all of it will do
			if sel, err = newSelection(tx, e, q, scope); err != nil {
				return page, err
			}
			return tx.list(e, q, scope, sel)
		}
		ids = ids[min(q.Offset, page.Total):min(q.Offset+int64(q.Limit), page.Total)]
	} else {
		ids, page.Total, err = sel.page(q)
	}
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
	e = tx.of(e)
	sel, err := newSelection(tx, e, q, scope)
	if err != nil {
		return nil, err
	}
	where, args := sel.where(walk)
	args = append(args, afterID, limit)
	var list []*entity.Record
	err = tx.query("SELECT "+recordColumns(e)+" FROM "+recordFrom(e)+where+" AND w.id > ? ORDER BY w.id LIMIT ?", args,
		func(scan func(...any) error) error {
			rec, err := scanRecord(e, scan)
			list = append(list, rec)
			return err
		})
	if err != nil {
		return nil, err
	}
	return list, tx.readOwn(e, list)
}

// IDs is the ids of all records that a query finds, in its order.
func (tx *Tx) IDs(e *entity.Entity, q entity.Query, scope entity.Scope) ([]int64, error) {
	sel, err := newSelection(tx, e, q, scope)
	if err != nil {
		return nil, err
	}
	total, err := sel.count()
	if err != nil {
		return nil, err
	}
	q.Offset, q.Limit, q.WithoutCount = 0, int(total), true
	if q.Sort != entity.Active && !sel.everything() {
		return sel.ids(q, gather, "")
	}
	ids, _, err := sel.page(q)
	return ids, err
}

// selection is a query made of SQL conditions on the wide row w.
type selection struct {
	tx     *Tx
	e      *entity.Entity
	conds  []string
	args   []any
	people [][]int64 // records under one of these employees, for each set
	owns   []ownCond // conditions on fields of the workspace's own
	active *bool

	searching bool
	number    int64 // the search read as an id; 0 when it is none

	found [][]string // of each group one run of letters is in the search table's entry
	few   bool       // what the search table finds is few
	part  bool       // only a part of it is looked at
}

func newSelection(tx *Tx, e *entity.Entity, q entity.Query, scope entity.Scope) (*selection, error) {
	return selectionFor(tx, e, q, scope, false)
}

// selectionFor is newSelection; for a glance a part may be enough.
func selectionFor(tx *Tx, e *entity.Entity, q entity.Query, scope entity.Scope, glance bool) (*selection, error) {
	s := &selection{tx: tx, e: tx.of(e), active: q.Active}
	if !scope.All {
		s.under(scope.Employees, scope.Unassigned)
	}
	if len(q.Responsible) > 0 || len(q.Groups) > 0 || q.Unassigned {
		members, err := tx.members(q.Groups)
		if err != nil {
			return nil, err
		}
		s.under(append(members, q.Responsible...), q.Unassigned)
	}
	s.only(q.IDs)
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
	for _, c := range q.Where {
		if err := s.condition(c); err != nil {
			return nil, err
		}
	}
	if q.Within != nil {
		s.within(*q.Within)
	}
	alone := glance && q.Sort == "" && s.everything()
	s.search(q.Search)
	return s, s.narrow(alone && s.number == 0)
}

// only narrows to these records.
func (s *selection) only(ids []int64) {
	if len(ids) == 0 {
		return
	}
	s.conds, s.args = append(s.conds, "w.id IN ("+marks(len(ids))+")"), append(s.args, anys(ids)...)
	s.few = len(ids) <= fewFound
}

// everything tells whether all records are found.
func (s *selection) everything() bool {
	return len(s.conds) == 0 && len(s.owns) == 0 && len(s.people) == 0 && s.active == nil
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
	f, err := s.fieldAsked(name)
	if err != nil {
		return err
	}
	if f.Own != 0 {
		return s.filterOwn(f, values)
	}
	column := valueSQL(f)
	var either, given, marks []string
	for _, value := range values {
		v, err := toColumn(f, value)
		if err != nil {
			return fault.New(fault.Invalid, "error.no_such_choice").In(name)
		}
		number, isNumber := v.(int64)
		if isNumber || v == nil {
			marks = append(marks, mark(s.e, name, number))
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
	if marked(f) {
		s.found = append(s.found, marks)
	}
	return nil
}

// search narrows to records that hold every word, in any order; a number also
// finds the record of that id, and a phone is found however it is written.
func (s *selection) search(text string) {
	folded := entity.Fold(trimSearch(text))
	if folded == "" {
		return
	}
	s.searching, s.number = true, recordNumber(folded)
	words := strings.Fields(folded)
	if phone := phoneWord(folded); phone != "" {
		words = []string{phone}
	}
	all := make([]string, 0, len(words))
	for _, word := range words {
		if entity.Digits(word) == word && len(word) < shortestPhone {
			word = " " + word // the beginning of a word, not the middle of a number
		}
		all, s.args = append(all, s.tx.dialect.contains+"(w.search_text, ?) > 0"), append(s.args, word)
		for _, run := range grams(word) {
			s.found = append(s.found, []string{run})
		}
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

// way is how the ids of a page are found. One text has two plans, and only the
// number of matches tells which is better, so the text says what is meant.
type way int

const (
	walk   way = iota // along the index of the order, trying each record, until the page is full
	gather            // all that match, then sort them
)

// where writes the conditions with their arguments in order.
func (s *selection) where(by way) (string, []any) {
	conds := append([]string{"w.workspace_id = ?"}, s.conds...)
	args := append([]any{s.tx.workspace}, s.args...)
	if s.active != nil {
		conds = append(conds, "EXISTS (SELECT 1 FROM records a WHERE a.workspace_id = w.workspace_id AND a.kind = ? AND a.id = w.id AND a.active = ?)")
		args = append(args, s.e.Number, truth(*s.active))
	}
	for _, own := range s.owns {
		cond, more := own.sql(s.tx.workspace, by)
		conds, args = append(conds, cond), append(args, more...)
	}
	for _, set := range s.people {
		cond, more := s.peopleCond(set, "w", by)
		conds, args = append(conds, cond), append(args, more...)
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}

// peopleCond is the condition that somebody of set is responsible for the
// record of the row r.
func (s *selection) peopleCond(set []int64, r string, by way) (string, []any) {
	employees := "p.employee_id IN (" + marks(len(set)) + ") AND p.kind = ?"
	if by == gather {
		return r + ".id IN (SELECT p.record_id FROM responsibilities p WHERE p.workspace_id = ? AND " + employees + ")",
			append(append([]any{s.tx.workspace}, anys(set)...), s.e.Number)
	}
	return "EXISTS (SELECT 1 FROM responsibilities p WHERE p.workspace_id = " + r + ".workspace_id AND " + employees +
		" AND p.record_id = " + r + ".id)", append(anys(set), s.e.Number)
}

// count takes the narrowest table that answers.
func (s *selection) count() (n int64, err error) {
	tx := s.tx
	if len(s.conds) > 0 || len(s.owns) > 0 {
		where, args := s.where(gather)
		_, err = tx.one("SELECT COUNT(*) FROM "+quote(s.e.Table)+" w"+where, args, &n)
		return n, err
	}
	if len(s.people) == 1 && len(s.people[0]) == 1 && s.active == nil {
		_, err = tx.one("SELECT COUNT(*) FROM responsibilities WHERE workspace_id = ? AND employee_id = ? AND kind = ?",
			[]any{tx.workspace, s.people[0][0], s.e.Number}, &n)
		return n, err
	}
	q, args := "SELECT COUNT(*) FROM records r WHERE r.workspace_id = ? AND r.kind = ?", []any{tx.workspace, s.e.Number}
	if s.active != nil {
		q, args = q+" AND r.active = ?", append(args, truth(*s.active))
	}
	for _, set := range s.people {
		cond, more := s.peopleCond(set, "r", gather)
		q, args = q+" AND "+cond, append(args, more...)
	}
	_, err = tx.one(q, args, &n)
	return n, err
}

// page finds the ids of the page in the order asked for, and how many records
// match in all; -1 when that was not asked for.
func (s *selection) page(q entity.Query) (ids []int64, total int64, err error) {
	if q.Sort == entity.Active {
		return s.pageByActive(q)
	}
	const limits = " LIMIT ? OFFSET ?"
	if q.WithoutCount {
		ids, err = s.ids(q, walk, limits, q.Limit, q.Offset)
		return ids, -1, err
	}
	if total, err = s.count(); err != nil || total <= q.Offset || q.Limit == 0 {
		return nil, total, err
	}
	by, err := s.wayFor(q, total)
	if err != nil {
		return nil, total, err
	}
	ids, err = s.ids(q, by, limits, q.Limit, q.Offset)
	return ids, total, err
}

// wayFor chooses the cheaper way: walking tries about as many records as there
// are, times the part of the matches that the page ends at; gathering touches
// every match.
func (s *selection) wayFor(q entity.Query, total int64) (way, error) {
	switch {
	case len(s.conds) == 0 && len(s.owns) == 0 && len(s.people) == 0:
		return walk, nil // nothing is left out, or next to nothing
	case s.few:
		return gather, nil
	}
	all, err := s.tx.CountRecords()
	if float64(total)*float64(total) <= float64(q.Offset+int64(q.Limit))*float64(all) {
		return gather, err
	}
	return walk, err
}

// pageByActive goes through the inactive ones, then the active ones, each by
// title: two pages of an order that has an index instead of one that has none.
func (s *selection) pageByActive(q entity.Query) (ids []int64, total int64, err error) {
	uncounted, offset, limit := q.WithoutCount, q.Offset, q.Limit
	q.Sort, q.WithoutCount = "", false
	for _, active := range []bool{q.Descending, !q.Descending} {
		if s.active != nil && *s.active != active {
			continue
		}
		part := *s
		part.active = &active
		q.Descending, q.Offset, q.Limit = false, max(offset-total, 0), limit-len(ids)
		more, n, err := part.page(q)
		if err != nil {
			return nil, 0, err
		}
		ids, total = append(ids, more...), total+n
	}
	if uncounted {
		total = -1
	}
	return ids, total, nil
}

// ids runs the query for ids; limits is put after the order.
func (s *selection) ids(q entity.Query, by way, limits string, limitArgs ...any) ([]int64, error) {
	join, order, err := s.order(q, by)
	if err != nil {
		return nil, err
	}
	where, args := s.where(by)
	if s.number > 0 { // the record of that very id before those that hold the number somewhere
		order, args = "CASE WHEN w.id = ? THEN 0 ELSE 1 END, "+order, append(args, s.number)
	}
	var ids []int64
	err = s.tx.query("SELECT w.id FROM "+quote(s.e.Table)+" w"+join+where+" ORDER BY "+order+limits, append(args, limitArgs...),
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
// never repeats a record of another. When gathering, the order is written as an
// expression that no index answers, or the planner would walk all the same.
func (s *selection) order(q entity.Query, way way) (join, order string, err error) {
	direction := ""
	if q.Descending {
		direction = " DESC"
	}
	title, id := "w.sort_key", "w.id"
	if way == gather {
		title, id = "w.sort_key || ''", "w.id + 0"
	}
	by := func(terms ...string) string {
		return strings.Join(append(terms, id), direction+", ") + direction
	}
	// The engines differ in where they put what is empty. Said only where
	// something may be, for PostgreSQL has no index in this order.
	orEmpty := func(terms ...string) string {
		empty := " NULLS FIRST"
		if q.Descending {
			empty = " NULLS LAST"
		}
		return strings.Join(terms, direction+empty+", ") + direction + empty + ", " + id + direction
	}
	switch {
	case q.Sort == "" || q.Sort == s.e.Title:
		return "", by(title), nil
	case q.Sort == entity.ID:
		return "", by(), nil
	case !s.e.Has(q.Sort):
		return "", "", fault.New(fault.Invalid, "error.no_such_sort", "name", q.Sort)
	}
	f := s.e.Field(q.Sort)
	column := valueSQL(f)
	switch f.Kind {
	case entity.Directory:
		return " LEFT JOIN directory_values o ON o.workspace_id = w.workspace_id AND o.id = " + column, orEmpty("o.place", "o.name_folded"), nil
	case entity.Reference:
		table := s.tx.catalog.ByName(f.Ref).Table
		return " LEFT JOIN " + quote(table) + " o ON o.workspace_id = w.workspace_id AND o.id = " + column, orEmpty("o.sort_key"), nil
	default:
		return "", orEmpty(column), nil
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
