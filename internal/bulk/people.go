package bulk

import (
	"slices"
	"strings"
	"unicode"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/sheet"
)

// A responsibles cell asks for one of a few things. Millions of cells may have
// to be remembered until the records are read, so what a cell asks for is kept
// as a few numbers in one long slice, and a row keeps where they begin.
//
// The numbers are: verb, count, then count operands. Operands are employees;
// for edits each step takes three: step, employee, other employee.
type verb = int32

const (
	setTo      verb = iota + 1 // the list becomes these
	addThese                   // plain list, the file's list mode is "add"
	removeThem                 // plain list, the file's list mode is "remove"
	editList                   // steps of +a, -a, a>b
	clearList                  // the explicit word
)

const (
	stepAdd int32 = iota + 1
	stepRemove
	stepReplace
)

// wish is where in the slice a cell's numbers begin; 0 is a blank cell.
type wish uint32

// peopleCell reads cells of responsibles.
type peopleCell struct {
	staff *staff
	plain verb
	store []int32 // the wishes, one after the other; index 0 is never a wish
	seen  peopleSeen
	mends *mends
	used  []*plan.Mending // by the cell parsed last
}

func newPeopleCell(s *staff, lists plan.Lists, m *mends) *peopleCell {
	plain := map[plan.Lists]verb{plan.Replace: setTo, plan.Add: addThese, plan.Remove: removeThem}[lists]
	return &peopleCell{staff: s, plain: plain, store: make([]int32, 1, 1024), seen: peopleSeen{answers: map[string]peopleAnswer{}}, mends: m}
}

// maxCellText is Excel's limit on the characters of a cell; a text that reaches
// it may have been cut.
const maxCellText = 32767

func (p *peopleCell) parse(c sheet.Cell) (wish, []complaint) {
	p.used = nil
	switch c.Kind {
	case sheet.Empty:
		if c.NoValue {
			return 0, []complaint{{code: "formula_without_value"}}
		}
		return 0, nil
	case sheet.ErrorValue:
		if excelTookFormula(string(c.Text)) {
			return 0, []complaint{{code: "responsibles_formula", value: string(c.Text)}}
		}
		return 0, []complaint{{code: "cell_error", value: string(c.Text)}}
	case sheet.Number, sheet.Bool, sheet.Date:
		return 0, []complaint{{code: "responsibles_not_text", value: string(c.Text)}}
	}
	if a, ok := p.seen.answers[string(c.Text)]; ok {
		p.used = a.used
		return a.wish, a.wrong
	}
	text := string(c.Text)
	var a peopleAnswer
	if c.TooLong || len(text) >= maxCellText && len([]rune(text)) >= maxCellText {
		a.wrong = []complaint{{code: "text_too_long", args: map[string]any{"max": maxCellText - 1}}}
	} else {
		a.wish, a.wrong = p.parseText(text)
		a.used = p.used
	}
	p.seen.keep(text, a)
	return a.wish, a.wrong
}

// excelTookFormula recognises what Excel leaves of a typed +petrov. In CSV it is
// a text, in the language of whoever saved it.
func excelTookFormula(text string) bool { return text == "#NAME?" || text == "#ИМЯ?" }

// list is a cell on its way from text to wish.
type list struct {
	plain []int32
	steps []int32
	wrong []complaint
}

func (p *peopleCell) parseText(text string) (wish, []complaint) {
	trimmed := strings.TrimFunc(text, blank)
	if trimmed == "" {
		return 0, nil
	}
	if excelTookFormula(trimmed) {
		return 0, []complaint{{code: "responsibles_formula", value: trimmed}}
	}
	items := split(trimmed)
	switch {
	case len(items) == 0 || emptyWord(entity.Fold(trimmed)):
		return 0, []complaint{{code: "responsibles_nobody", value: trimmed}}
	case len(items) == 1 && slices.Contains(entity.ClearWords, entity.Fold(items[0])):
		return p.keep(clearList, nil), nil
	}
	var l list
	under := int32(0) // the word that stands over the items: add, remove or none
	for _, item := range items {
		if len(l.wrong) >= problemsAtMost {
			break // the row has failed; each further login would be searched for in vain
		}
		if step, rest, ok := wordStep(item); ok {
			under = step
			if item = rest; item == "" {
				continue
			}
		}
		p.item(&l, item, under)
	}
	switch {
	case len(l.wrong) > 0:
		return 0, l.wrong
	case len(l.plain) > 0 && len(l.steps) > 0:
		return 0, []complaint{{code: "responsibles_mixed", value: trimmed}}
	case len(l.plain) > 0:
		slices.Sort(l.plain)
		return p.keep(p.plain, slices.Compact(l.plain)), nil
	case len(l.steps) == 0: // a word with nobody behind it
		return 0, []complaint{{code: "responsibles_nobody", value: trimmed}}
	}
	l.steps = orderSteps(l.steps)
	if contradicts(l.steps) {
		return 0, []complaint{{code: "responsibles_contradict", value: trimmed}}
	}
	return p.keep(editList, l.steps), nil
}

// split parts a cell at commas, semicolons, line breaks and tabs, in whichever
// form they come, and drops what is empty between them.
func split(text string) []string {
	text = strings.NewReplacer("_x000D_", "\n", "_x000d_", "\n").Replace(text)
	parts := strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune(",;\n\r\t，、；\u0085\u2028\u2029", r)
	})
	items := parts[:0]
	for _, part := range parts {
		if part = strings.TrimFunc(part, blank); part != "" {
			items = append(items, part)
		}
	}
	return items
}

// emptyWord tells what people write for nobody. It is not taken for it: to
// leave a list as it is the cell stays blank, to empty it there is a word.
func emptyWord(folded string) bool {
	return strings.Trim(folded, "-–—−_.0/|") == "" || slices.Contains(entity.EmptyWords, folded)
}

// wordStep finds «добавить:» and «убрать:» at the beginning of an item. The
// words do what + and - do, which Excel takes for formulas.
func wordStep(item string) (step int32, rest string, ok bool) {
	word, rest, ok := strings.Cut(item, ":")
	if !ok {
		return 0, "", false
	}
	folded := entity.Fold(word)
	rest = strings.TrimFunc(rest, blank)
	switch {
	case slices.Contains(entity.AddWords, folded):
		return stepAdd, rest, true
	case slices.Contains(entity.RemoveWords, folded):
		return stepRemove, rest, true
	}
	return 0, "", false
}

// item reads one login with its operator into l.
func (p *peopleCell) item(l *list, item string, under int32) {
	if from, to, ok := strings.Cut(item, ">"); ok && under == 0 {
		a, wrongA := p.logins(strings.TrimFunc(from, blank))
		b, wrongB := p.logins(strings.TrimFunc(to, blank))
		l.wrong = append(append(l.wrong, wrongA...), wrongB...)
		if len(a) > 1 || len(b) > 1 { // mended by several: nobody knows who takes whose place
			l.wrong = append(l.wrong, complaint{code: "responsibles_mixed", value: item})
			return
		}
		l.steps = append(append(append(l.steps, stepReplace), a...), b...)
		return
	}
	step := under
	switch {
	case strings.HasPrefix(item, "+"):
		step, item = stepAdd, item[1:]
	case strings.HasPrefix(item, "-"):
		step, item = stepRemove, item[1:]
	}
	if step != 0 && under != 0 && step != under {
		l.wrong = append(l.wrong, complaint{code: "responsibles_mixed", value: item})
		return
	}
	ids, wrong := p.logins(strings.TrimFunc(item, blank))
	l.wrong = append(l.wrong, wrong...)
	for _, id := range ids {
		if step == 0 {
			l.plain = append(l.plain, id)
		} else {
			l.steps = append(l.steps, step, id, 0)
		}
	}
}

// logins finds an employee, or those whom somebody has said to be meant by a
// wrong text; else it says what is wrong.
func (p *peopleCell) logins(text string) ([]int32, []complaint) {
	if e := p.staff.find(text); e != nil {
		return []int32{int32(e.ID)}, nil
	}
	if m, ok := p.mends.value(entity.Responsibles, text); ok {
		if ids, known := p.staff.ids(m.With); known {
			p.used = append(p.used, m)
			return ids, nil
		}
	}
	_, wrong := p.login(text)
	return []int32{0}, wrong
}

// login finds an employee, or says what is wrong with the text.
func (p *peopleCell) login(text string) (int32, []complaint) {
	if e := p.staff.find(text); e != nil {
		return int32(e.ID), nil
	}
	c := complaint{code: "unknown_login", value: text}
	if text == "" {
		c.code = "responsibles_nobody"
		return 0, []complaint{c}
	}
	if slices.Contains(entity.ClearWords, entity.Fold(text)) {
		c.code = "responsibles_mixed"
		return 0, []complaint{c}
	}
	if r, found := invisible(text); found {
		c.code, c.args = "invisible_character", map[string]any{"character": codePoint(r)}
		if e := p.staff.bySkeleton[entity.Skeleton(text)]; e != nil {
			c.suggestion = e.Login
		}
		return 0, []complaint{c}
	}
	if suggestion, ok := p.separated(text); ok {
		c.code, c.suggestion = "responsibles_separator", suggestion
		return 0, []complaint{c}
	}
	c.suggestion = p.staff.suggest(text)
	if e := p.staff.byLogin[entity.Fold(c.suggestion)]; e != nil && entity.Skeleton(e.Login) == entity.Skeleton(text) {
		if letter, script, found := oddLetter(text, e.Login); found {
			c.code, c.args = "login_lookalike", map[string]any{"letter": letter, "script": script}
		}
	}
	return 0, []complaint{c}
}

// separated recognises several logins parted by spaces, slashes or bars, which
// is refused with the right way to write them. A name of two words is not that.
func (p *peopleCell) separated(text string) (suggestion string, ok bool) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '/' || r == '|' || r == '\\' })
	if len(parts) < 2 {
		return "", false
	}
	if e := p.staff.byName[entity.Fold(text)]; e != nil {
		return "", false
	}
	known := 0
	for i, part := range parts {
		if e := p.staff.find(part); e != nil {
			parts[i] = e.Login
			known++
		}
	}
	if known == len(parts) {
		return strings.Join(parts, ", "), true
	}
	return "", known > 0 || strings.ContainsAny(text, `/|\`)
}

// orderSteps brings steps into one order, each once, so that cells that ask for
// the same are seen to. Steps that do not contradict each other give the same
// set in every order.
func orderSteps(steps []int32) []int32 {
	var triples [][3]int32
	for i := 0; i < len(steps); i += 3 {
		triples = append(triples, [3]int32(steps[i:]))
	}
	slices.SortFunc(triples, func(a, b [3]int32) int { return slices.Compare(a[:], b[:]) })
	steps = steps[:0]
	for _, t := range slices.Compact(triples) {
		steps = append(steps, t[:]...)
	}
	return steps
}

// contradicts tells whether one employee is named twice with different steps.
func contradicts(steps []int32) bool {
	does := map[int32]int32{}
	for i := 0; i < len(steps); i += 3 {
		step, a, b := steps[i], steps[i+1], steps[i+2]
		if step == stepReplace {
			if a == b || does[a] != 0 || does[b] == stepRemove || does[b] == stepReplace {
				return true
			}
			does[a], does[b] = stepReplace, stepAdd
			continue
		}
		if d := does[a]; d != 0 && d != step {
			return true
		}
		does[a] = step
	}
	return false
}

// keep stores a wish.
func (p *peopleCell) keep(v verb, operands []int32) wish {
	at := wish(len(p.store))
	p.store = append(append(p.store, v, int32(len(operands))), operands...)
	return at
}

// numbers of a wish: its verb and operands.
func (p *peopleCell) numbers(w wish) (verb, []int32) {
	n := p.store[w+1]
	return p.store[w], p.store[w+2 : int32(w)+2+n]
}

// same tells whether two cells ask for the same.
func (p *peopleCell) same(a, b wish) bool {
	if a == b || a == 0 || b == 0 {
		return a == b
	}
	va, oa := p.numbers(a)
	vb, ob := p.numbers(b)
	return va == vb && slices.Equal(oa, ob)
}

// after is what a set of responsibles becomes. It shares nothing with before
// unless it is before.
func (p *peopleCell) after(w wish, before []int64) []int64 {
	if w == 0 {
		return before
	}
	v, operands := p.numbers(w)
	switch v {
	case clearList:
		return nil
	case setTo:
		return ids(operands)
	case addThese:
		return entity.SortedSet(append(ids(operands), before...))
	case removeThem:
		return without(before, operands)
	}
	now := slices.Clone(before)
	for i := 0; i < len(operands); i += 3 {
		step, a, b := operands[i], operands[i+1], operands[i+2]
		switch step {
		case stepAdd:
			now = append(now, int64(a))
		case stepRemove:
			now = without(now, []int32{a})
		case stepReplace:
			if slices.Contains(now, int64(a)) {
				now = append(without(now, []int32{a}), int64(b))
			}
		}
	}
	return entity.SortedSet(now)
}

func ids(numbers []int32) []int64 {
	list := make([]int64, len(numbers))
	for i, n := range numbers {
		list[i] = int64(n)
	}
	return list
}

func without(set []int64, gone []int32) []int64 {
	var rest []int64
	for _, id := range set {
		if !slices.Contains(gone, int32(id)) {
			rest = append(rest, id)
		}
	}
	return rest
}

// instead puts those in the place of inactive employees whom somebody has said
// to be given the records instead.
func (p *peopleCell) instead(before, after []int64) (now []int64, used []*plan.Mending) {
	if len(p.mends.values) == 0 {
		return after, nil
	}
	for range after {
		e := p.inactive(before, after)
		if e == nil {
			break
		}
		m, ok := p.mends.value(entity.Responsibles, e.Login)
		if !ok {
			break
		}
		others, known := p.staff.ids(m.With)
		if !known {
			break
		}
		after, used = entity.SortedSet(append(without(after, []int32{int32(e.ID)}), ids(others)...)), append(used, m)
	}
	return after, used
}

// inactive finds an employee who would be added though he is inactive; one who
// is on the list already may stay.
func (p *peopleCell) inactive(before, after []int64) *entity.Employee {
	for _, id := range after {
		if e := p.staff.byID[id]; (e == nil || !e.Active) && !slices.Contains(before, id) {
			return e
		}
	}
	return nil
}
