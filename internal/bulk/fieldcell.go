package bulk

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/sheet"
)

// Cells of the declared fields. What a cell asks for is kept once however often
// the file repeats it; a row keeps one number for each such column.

// ask is what a cell of a field asks for.
type ask struct {
	verb  asking
	raw   string // as the file has it
	value string // canonical; of a reference not known yet
	near  string // of a fresh value: the one that was perhaps meant
}

type asking uint8

const (
	asIs    asking = iota // a blank cell
	empty                 // the word that empties
	become                // the value
	refer                 // a record by its number or name, to be looked up
	retired               // a directory value that is no longer on offer
	fresh                 // a directory value that is not there yet
	misread               // a cell that was not understood
)

// wrongAsk is the number of the ask of a cell that was not understood.
const wrongAsk = 1

// fieldColumn is a column of the file that holds a declared field.
type fieldColumn struct {
	field  *entity.Field
	of     *entity.Entity                   // whose field it is; nil: the file's
	column string                           // as problems call it: the title's column is the column of names
	values map[string]entity.DirectoryValue // of a directory, by folded name
	grows  bool                             // values that are not in the directory may be added
	seen   map[sheet.Kind]map[string]fieldAnswer
}

type fieldAnswer struct {
	ask   uint32
	wrong *complaint
}

// fieldCells reads the cells of all such columns.
type fieldCells struct {
	entity   *entity.Entity
	columns  []*fieldColumn
	date1904 bool
	asks     []ask    // number 0 is a blank cell
	rows     []uint32 // for each row an ask for each column, one row after the other
	seen     int
}

// fieldsRemembered bounds how many answers are looked up again.
const fieldsRemembered = 1 << 18

// newFieldCells is nil for a file that has no such columns.
func newFieldCells(tx *store.Tx, e *entity.Entity, wide []*fieldColumn, date1904 bool) (*fieldCells, error) {
	if len(wide) == 0 {
		return nil, nil //nolint:nilnil // nothing to read is an ordinary answer, and the file's
	}
	f := &fieldCells{
		entity: e, date1904: date1904,
		asks: []ask{{}, {verb: misread}}, rows: make([]uint32, 1), // no row begins at 0
	}
	for _, column := range wide {
		column.seen = map[sheet.Kind]map[string]fieldAnswer{}
		if column.field.Kind == entity.Directory {
			values, err := tx.DirectoryValues(column.field.Directory)
			if err != nil {
				return nil, err
			}
			column.values = make(map[string]entity.DirectoryValue, len(values))
			for _, v := range values {
				column.values[entity.Fold(v.Name)] = v
			}
		}
		f.columns = append(f.columns, column)
	}
	return f, nil
}

// at is the place of a column among those of declared fields; -1 when it is none.
func (f *fieldCells) at(name string) int {
	return slices.IndexFunc(f.columns, func(column *fieldColumn) bool { return column.column == name })
}

// forget drops what the rows asked for: they are in the plan.
func (f *fieldCells) forget() {
	f.asks, f.rows, f.seen = f.asks[:2], f.rows[:1], 0
	for _, column := range f.columns {
		clear(column.seen)
	}
}

// begin makes room for a row and tells where.
func (f *fieldCells) begin() uint32 {
	at := uint32(len(f.rows))
	f.rows = append(f.rows, make([]uint32, len(f.columns))...)
	return at
}

// of is what a row asks for, one number for each column.
func (f *fieldCells) of(w *row) []uint32 { return f.rows[w.fields : int(w.fields)+len(f.columns)] }

// same tells whether two rows ask for the same.
func (f *fieldCells) same(a, b *row) bool {
	if f == nil {
		return true
	}
	return slices.EqualFunc(f.of(a), f.of(b), func(x, y uint32) bool { return x == y || f.asks[x] == f.asks[y] })
}

// field reads a cell of a declared field.
func (r *reading) field(out *row, name string, c sheet.Cell) *complaint {
	n := r.fields.at(name)
	asked, said := r.fields.parse(r.fields.columns[n], c)
	if said != nil {
		asked = wrongAsk
	}
	if out.fields != 0 { // else nothing but the complaint is wanted
		r.fields.of(out)[n] = asked
	}
	return said
}

func (f *fieldCells) parse(column *fieldColumn, c sheet.Cell) (uint32, *complaint) {
	if c.Kind == sheet.Empty {
		if c.NoValue {
			return 0, &complaint{code: "formula_without_value"}
		}
		return 0, nil
	}
	if a, ok := column.seen[c.Kind][string(c.Text)]; ok {
		return a.ask, a.wrong
	}
	asked, wrong := f.understand(column, c)
	var a fieldAnswer
	switch {
	case wrong != nil:
		if wrong.args == nil {
			wrong.args = map[string]any{}
		}
		wrong.args["entity"] = f.entity.Name // tells Explain whose field it is
		a.wrong = wrong
	case asked.verb != asIs:
		a.ask = uint32(len(f.asks))
		f.asks = append(f.asks, asked)
	}
	f.remember(column, c, a)
	return a.ask, a.wrong
}

func (f *fieldCells) remember(column *fieldColumn, c sheet.Cell, a fieldAnswer) {
	if f.seen++; f.seen > fieldsRemembered {
		f.seen = 0
		for _, other := range f.columns {
			clear(other.seen)
		}
	}
	if column.seen[c.Kind] == nil {
		column.seen[c.Kind] = map[string]fieldAnswer{}
	}
	column.seen[c.Kind][string(c.Text)] = a
}

// understand reads a cell that is not empty.
func (f *fieldCells) understand(column *fieldColumn, c sheet.Cell) (ask, *complaint) {
	text := strings.TrimFunc(string(c.Text), blank)
	switch c.Kind {
	case sheet.ErrorValue:
		return ask{}, &complaint{code: "cell_error", value: text}
	case sheet.Date:
		return f.date(column, c)
	case sheet.Number:
		return column.number(text)
	case sheet.Bool:
		if column.field.Kind != entity.Bool {
			return ask{}, &complaint{code: "field_boolean", value: text}
		}
	}
	switch {
	case text == "":
		return ask{}, nil
	case c.TooLong || len(text) >= maxCellText && len([]rune(text)) >= maxCellText:
		return ask{}, &complaint{code: "text_too_long", args: map[string]any{"max": maxCellText - 1}}
	case slices.Contains(entity.ClearWords, entity.Fold(text)):
		return ask{verb: empty, raw: text}, nil
	case column.field.Kind == entity.Phone && notDigits(text) == "scientific":
		return ask{}, &complaint{code: "field_scientific", value: text}
	}
	return column.text(text)
}

// text reads what a person typed.
func (c *fieldColumn) text(text string) (ask, *complaint) {
	switch c.field.Kind {
	case entity.Directory:
		return c.choice(text)
	case entity.Reference:
		return ask{verb: refer, raw: text}, nil
	}
	canonical, err := c.field.Parse(text)
	if all := fault.All(err); len(all) > 0 {
		return ask{}, complained(all[0], text)
	}
	return ask{verb: become, raw: text, value: canonical}, nil
}

// complained is a fault of a field as a complaint about a cell: the same words
// that the form says.
func complained(f *fault.Error, value string) *complaint {
	return &complaint{code: f.Key[strings.LastIndexByte(f.Key, '.')+1:], args: f.Args, value: value}
}

// number reads a number of a spreadsheet: it may stand for a text of digits,
// such as a phone, as long as no digit can have been lost.
func (c *fieldColumn) number(text string) (ask, *complaint) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return ask{}, &complaint{code: "not_a_number", value: text}
	}
	plain := entity.DecimalText(n)
	switch c.field.Kind {
	case entity.Date:
		return ask{}, &complaint{code: "date_is_number", value: plain}
	case entity.Reference:
		if _, code := wholeNumber(text); code != "" {
			return ask{}, &complaint{code: "id_" + code, value: plain}
		}
	case entity.Decimal:
		return c.text(plain)
	}
	if len(entity.Digits(plain)) > maxDigits {
		return ask{}, &complaint{code: "id_too_long", value: plain}
	}
	return c.text(plain)
}

// shortened is how spreadsheets write a long number as text: 1,23457E+11.
var shortened = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[Ee]\+[0-9]{2,}$`)

// lossy complains of a text such as a serial number of which a spreadsheet has
// kept only the first digits. A record that has this very text already keeps it.
func lossy(f *entity.Field, text string) *complaint {
	if f.Kind != entity.Text || !shortened.MatchString(text) {
		return nil
	}
	return &complaint{code: "field_scientific", value: text}
}

// date reads a cell that is formatted as a date.
func (f *fieldCells) date(column *fieldColumn, c sheet.Cell) (ask, *complaint) {
	iso, ok := string(c.Text), c.ISO
	if !ok {
		iso, ok = sheet.DateText(iso, f.date1904)
	}
	if column.field.Kind != entity.Date {
		return ask{}, &complaint{code: "field_is_date", value: iso}
	}
	day, clock, _ := strings.Cut(iso, "T")
	if !ok || strings.Trim(clock, "0:.Z") != "" {
		return ask{}, &complaint{code: "not_a_date", value: iso}
	}
	return column.text(day)
}

// choice finds a value of a directory by its name.
func (c *fieldColumn) choice(text string) (ask, *complaint) {
	if v, ok := c.values[entity.Fold(text)]; ok {
		a := ask{verb: become, raw: text, value: strconv.FormatInt(v.ID, 10)}
		if v.Retired {
			a.verb = retired
		}
		return a, nil
	}
	said := &complaint{code: "unknown_value", value: text, suggestion: c.suggest(text)}
	if r, found := invisible(text); found {
		said.code, said.args = "invisible_character", map[string]any{"character": codePoint(r)}
		return ask{}, said
	}
	if !c.grows {
		return ask{}, said
	}
	name, err := records.ValueName.Parse(text)
	if all := fault.All(err); len(all) > 0 {
		return ask{}, complained(all[0], text)
	}
	return ask{verb: fresh, raw: text, value: name, near: said.suggestion}, nil
}

// suggest is the one value on offer that was probably meant; "" when none or
// several were.
func (c *fieldColumn) suggest(text string) string {
	folded, best, found, tie := entity.Fold(text), 3, "", false
	for name, v := range c.values {
		if v.Retired {
			continue
		}
		if entity.Skeleton(name) == entity.Skeleton(folded) || entity.Fold(entity.OtherLayout(folded)) == name {
			return v.Name
		}
		most := slips(name, folded)
		switch d := distance(folded, name, most); {
		case most == 0 || d > most:
		case d < best:
			best, found, tie = d, v.Name, false
		case d == best:
			tie = true
		}
	}
	if tie {
		return ""
	}
	return found
}

// problem is a complaint about a row's field that was found beside its record.
func (r *reading) fieldProblem(w *row, column *fieldColumn, wrong *complaint) plan.Problem {
	if wrong.args == nil {
		wrong.args = map[string]any{}
	}
	wrong.args["entity"] = r.file.entity.Name
	p := wrong.problem(r.at(w), column.column)
	p.RecordID = w.id
	return p
}
