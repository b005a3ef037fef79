package plan

import (
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// Part says which rows of an import an undo is about. Rows and records add up;
// an employee narrows them. Nothing said is the whole import.
type Part struct {
	Rows     []Span  `json:"rows,omitempty"`    // of the file
	Records  []int64 `json:"records,omitempty"` // ascending ids
	Employee int64   `json:"employee,omitempty"`
	Concern  Concern `json:"concern,omitempty"` // of the employee; "" is both
}

// Span is rows from First to Last, both included: as somebody has typed them, of
// Sheet where he named one; as a Part holds them, places (OnSheets).
type Span struct {
	First int64  `json:"first"`
	Last  int64  `json:"last"`
	Sheet string `json:"sheet,omitempty"`
}

// OnSheets makes places of rows of a file that was read as these sheets; none is a
// file of one table. In a workbook each row needs its sheet.
func OnSheets(spans []Span, sheets []Sheet) ([]Span, error) {
	places := make([]Span, len(spans))
	for n, s := range spans {
		at := slices.IndexFunc(sheets, func(one Sheet) bool { return entity.Fold(one.Sheet) == entity.Fold(s.Sheet) })
		switch {
		case len(sheets) == 0 && s.Sheet == "":
			at = 0
		case at < 0:
			var names []string
			for _, one := range sheets {
				names = append(names, one.Sheet)
			}
			return nil, fault.New(fault.Usage, "error.rows_of_sheet", "value", s.Sheet, "sheets", strings.Join(names, ", ")).In("rows")
		}
		places[n] = Span{First: At(at, s.First), Last: At(at, s.Last)}
	}
	return places, nil
}

// Concern is how a row concerns an employee.
type Concern string

// The concerns.
const (
	Gained Concern = "gained" // he became responsible
	Lost   Concern = "lost"   // he ceased to be
	Both   Concern = "both"
)

// Whole tells whether nothing narrows the undo.
func (p *Part) Whole() bool { return len(p.Rows) == 0 && len(p.Records) == 0 && p.Employee == 0 }

// Takes tells whether the undo is about a row of the import.
func (p *Part) Takes(c *Change) bool {
	if len(p.Rows) > 0 || len(p.Records) > 0 {
		_, named := slices.BinarySearch(p.Records, c.RecordID)
		if !named && !slices.ContainsFunc(p.Rows, func(s Span) bool { return s.First <= c.Row && c.Row <= s.Last }) {
			return false
		}
	}
	return p.Employee == 0 || Concerns(c.ResponsiblesBefore, c.ResponsiblesAfter, p.Employee, p.Concern)
}

// Concerns tells whether a change of responsibles gave the record to an employee
// or took it from him.
func Concerns(before, after []int64, employee int64, how Concern) bool {
	had, has := slices.Contains(before, employee), slices.Contains(after, employee)
	switch how {
	case Gained:
		return has && !had
	case Lost:
		return had && !has
	}
	return had != has
}

// ParseConcern reads a word of the command line or of a form; none is both.
func ParseConcern(word string) (Concern, error) {
	switch c := Concern(word); c {
	case "":
		return Both, nil
	case Gained, Lost, Both:
		return c, nil
	}
	return "", fault.New(fault.Usage, "error.no_such_choice", "value", word).In("concern")
}

// ParseSpans reads rows like "5, 7-20", in a workbook "Contacts!5, 7-20": a sheet
// holds until the next one is named.
func ParseSpans(text string) ([]Span, error) {
	var spans []Span
	sheet := ""
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if at := strings.LastIndexByte(part, '!'); at >= 0 {
			sheet, part = strings.Trim(part[:at], " '"), strings.TrimSpace(part[at+1:])
		}
		if part == "" {
			continue
		}
		first, last, isRange := strings.Cut(strings.ReplaceAll(part, "–", "-"), "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
		to, err2 := strconv.ParseInt(strings.TrimSpace(last), 10, 64)
		if err1 != nil || err2 != nil || from < 1 || to < from {
			return nil, fault.New(fault.Usage, "error.bad_rows", "value", part).In("rows")
		}
		spans = append(spans, Span{from, to, sheet})
	}
	return spans, nil
}

// Leaves tells whether the row goes without a field unless the stale guard is
// accepted.
func (c *Change) Leaves(field string) bool { return slices.Contains(c.Left, field) }

// Passing is what of the row is written when these guards are accepted: all of
// it, or all but the fields that it leaves.
func (c *Change) Passing(accepted Guards) Change {
	if len(c.Left) == 0 || Stale.Within(accepted) {
		return *c
	}
	return c.only(func(field string) bool { return !c.Leaves(field) })
}

// Kept is what of a row that passes is not written when these guards are
// accepted; it is empty when all is.
func (c *Change) Kept(accepted Guards) Change {
	if Stale.Within(accepted) {
		return c.only(func(string) bool { return false })
	}
	return c.only(c.Leaves)
}

// Without is the row without one of its fields.
func (c *Change) Without(field string) Change {
	part := c.only(func(name string) bool { return name != field })
	part.Left = c.Left
	return part
}

func (c *Change) only(keep func(field string) bool) Change {
	part := *c
	part.Left, part.Fields = nil, nil
	if c.TouchesActive && !keep(entity.Active) {
		part.TouchesActive, part.ActiveBefore, part.ActiveAfter = false, false, false
	}
	if c.TouchesResponsibles && !keep(entity.Responsibles) {
		part.TouchesResponsibles, part.ResponsiblesBefore, part.ResponsiblesAfter = false, nil, nil
	}
	for _, f := range c.Fields {
		if keep(f.Field) {
			part.Fields = append(part.Fields, f)
		}
	}
	return part
}
