package bulk

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"nadel/internal/entity"
)

// staff is the workspace's employees as a cell of logins needs them.
type staff struct {
	byID       map[int64]*entity.Employee
	byLogin    map[string]*entity.Employee // folded
	byName     map[string]*entity.Employee // folded; nil where two share a name
	byEmail    map[string]*entity.Employee // folded; nil where two share one
	bySkeleton map[string]*entity.Employee
	logins     []string // folded
	near       *near    // of the logins; see nearLogins
}

func newStaff(employees []*entity.Employee) *staff {
	s := &staff{
		byID:       make(map[int64]*entity.Employee, len(employees)),
		byLogin:    make(map[string]*entity.Employee, len(employees)),
		byName:     map[string]*entity.Employee{},
		byEmail:    map[string]*entity.Employee{},
		bySkeleton: map[string]*entity.Employee{},
	}
	for _, e := range employees {
		folded := entity.Fold(e.Login)
		s.byID[e.ID], s.byLogin[folded], s.bySkeleton[entity.Skeleton(e.Login)] = e, e, e
		s.logins = append(s.logins, folded)
		once(s.byName, entity.Fold(e.Name), e)
		once(s.byEmail, entity.Fold(e.Email), e)
	}
	return s
}

// once enters e under key, or nil when the key is somebody else's too.
func once(m map[string]*entity.Employee, key string, e *entity.Employee) {
	if key == "" {
		return
	}
	if _, twice := m[key]; twice {
		e = nil
	}
	m[key] = e
}

// find looks a login up as the edit file means it: exactly, but for case.
func (s *staff) find(login string) *entity.Employee {
	return s.byLogin[entity.Fold(norm.NFC.String(login))]
}

// ids of the employees in a list of logins; known is false when one is none.
func (s *staff) ids(logins string) (list []int32, known bool) {
	for _, login := range split(logins) {
		e := s.find(login)
		if e == nil {
			return nil, false
		}
		list = append(list, int32(e.ID))
	}
	return list, len(list) > 0
}

// login of an employee; a number when there is none of that id, which only a
// damaged database has.
func (s *staff) login(id int64) string {
	if e := s.byID[id]; e != nil {
		return e.Login
	}
	return "#" + entity.IDsText([]int64{id})
}

func (s *staff) loginsOf(ids []int64) string {
	logins := make([]string, len(ids))
	for i, id := range ids {
		logins[i] = s.login(id)
	}
	return strings.Join(logins, ", ")
}

// suggest finds the one login that was probably meant by a text that is none:
// a name, an e-mail address, look-alike letters, the other keyboard layout, a
// slip of typing. "" when nothing or more than one fits: nothing is guessed.
func (s *staff) suggest(text string) string {
	folded := entity.Fold(text)
	for _, e := range s.byHint(text, folded) {
		return e.Login
	}
	return s.nearest(folded)
}

// byHint are the employees to whom a text points by what is no slip of typing,
// the surest first.
func (s *staff) byHint(text, folded string) []*entity.Employee {
	hints := []*entity.Employee{
		s.byName[folded], s.byEmail[folded], s.bySkeleton[entity.Skeleton(text)], s.byLogin[entity.Fold(entity.OtherLayout(folded))],
	}
	if rest, ok := strings.CutPrefix(folded, "@"); ok {
		hints = append(hints, s.byLogin[rest])
	}
	if local, _, ok := strings.Cut(folded, "@"); ok {
		hints = append(hints, s.byLogin[local])
	}
	return slices.DeleteFunc(hints, func(e *entity.Employee) bool { return e == nil })
}

// nearest is the only login within one slip of typing, or within two for a
// longer word.
func (s *staff) nearest(folded string) string {
	found, nearest := s.nearLogins().find(folded, slipsOf(folded))
	if len(found) == 0 || nearest == 0 || len(found) > 1 && distance(folded, found[1], nearest) == nearest {
		return ""
	}
	return s.byLogin[found[0]].Login
}

// nearLogins is made when the first wrong login is met: most files have none.
func (s *staff) nearLogins() *near {
	if s.near == nil {
		s.near = newNear(s.logins)
	}
	return s.near
}
