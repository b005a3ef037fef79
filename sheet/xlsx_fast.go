package sheet

// The short way: rows and cells in the exact shape in which Excel and most
// programs write them are read straight from the window, without making tokens.
// It takes only what it understands completely and what is at hand completely.
// Everything else, and every error, is left to the tokenizer at the place where
// it stands; so the two ways cannot differ in what they accept, and a fuzz test
// compares them.

// fastWithin reports whether the limits are so wide that nothing in the common
// shape can exceed them.
func fastWithin(l Limits) bool {
	return l.Depth >= 6 && l.Attributes >= len(fastRowAttrs)+1 && l.TokenBytes >= l.CellChars && l.RowBytes >= l.CellChars*min(l.Columns, 16)
}

// fastRowStart reads a start tag of a row, and reports whether it did.
func (r *xlsxRows) fastRowStart(row *Row) bool {
	x := r.x
	p := x.win[x.pos:]
	i := skipSpace(p, 0)
	if len(p)-i < 12 || string(p[i:i+8]) != `<row r="` {
		return false
	}
	i += 8
	number, digits := 0, i
	for i < len(p) && i-digits < 8 && '0' <= p[i] && p[i] <= '9' {
		number = number*10 + int(p[i]-'0')
		i++
	}
	if i == len(p) || p[i] != '"' || number <= r.row || number > r.book.limits.Rows || p[digits] == '0' {
		return false
	}
	name := p[digits:i]
	i++
	// Attributes that say nothing about the table, in the order in which Excel
	// writes them; in order, none can be doubled.
	for known := 0; i < len(p) && p[i] == ' '; {
		var n int
		n, known = r.fastRowAttr(p[i:], known)
		if n == 0 {
			return false
		}
		i += n
	}
	if i >= len(p) || p[i] != '>' || len(x.stack) >= x.limits.Depth {
		return false
	}
	r.row, row.Number, row.Hidden = number, number, false
	r.rowText = append(append(r.rowText[:0], name...), '"')
	x.stack = append(x.stack, xmlElem{name: len(x.names), space: spaceMain, bindings: len(x.bindings)})
	x.names = append(x.names, "row"...)
	x.pos += i + 1
	return true
}

// Of hidden only the form in which it says nothing is here.
var fastRowAttrs = []string{` spans="`, ` s="`, ` customFormat="`, ` ht="`, ` hidden="false`, ` customHeight="`, ` outlineLevel="`, ` collapsed="`, ` x14ac:dyDescent="`}

// fastRowAttr returns the length of a known attribute that p begins with, or 0,
// and how many of the known ones are used up.
func (r *xlsxRows) fastRowAttr(p []byte, from int) (int, int) {
	for k := from; k < len(fastRowAttrs); k++ {
		name := fastRowAttrs[k]
		if len(p) <= len(name) || string(p[:len(name)]) != name {
			continue
		}
		if name[1] == 'x' && !r.x14ac {
			return 0, 0
		}
		for i := len(name); i < len(p) && i < len(name)+24; i++ {
			switch c := p[i]; {
			case c == '"':
				return i + 1, k + 1
			case name[1] == 'h' && name[2] == 'i', (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != ':' && c != '.':
				return 0, 0
			}
		}
		break
	}
	return 0, 0
}

// fastCells reads cells as long as they have the common shape, and reports
// whether it has also read the end of the row.
func (r *xlsxRows) fastCells(row *Row) bool {
	x := r.x
	for {
		p := x.win[x.pos:]
		if len(p) >= 6 && string(p[:6]) == "</row>" {
			x.pos += 6
			x.pop()
			return true
		}
		n := r.fastCell(row, p)
		if n == 0 {
			return false
		}
		x.pos += n
	}
}

// fastCell reads the cell that p begins with and returns its length, or 0.
func (r *xlsxRows) fastCell(row *Row, p []byte) int {
	if len(p) < 24 || string(p[:6]) != `<c r="` {
		return 0
	}
	col, i := 0, 6
	for i < 9 && 'A' <= p[i] && p[i] <= 'Z' {
		col = col*26 + int(p[i]-'A') + 1
		i++
	}
	col--
	end := i + len(r.rowText)
	if col <= r.col || col >= r.book.limits.Columns || end+8 > len(p) || string(p[i:end]) != string(r.rowText) {
		return 0
	}
	i = end
	style := 0
	if p[i] == ' ' && p[i+1] == 's' && p[i+2] == '=' && p[i+3] == '"' {
		n := 0
		for i += 4; i < len(p) && '0' <= p[i] && p[i] <= '9' && n < 5; i++ {
			style = style*10 + int(p[i]-'0')
			n++
		}
		if i+12 > len(p) || p[i] != '"' || n == 0 || r.book.styleSet.known && style >= len(r.dates) {
			return 0
		}
		i++
	}
	cell := Cell{Col: col}
	var n int
	switch {
	case p[i] == '>':
		n = r.fastNumber(&cell, p[i:])
		if style < len(r.dates) && r.dates[style] {
			cell.Kind = Date
		}
	case p[i] == '/' && p[i+1] == '>':
		r.col = col
		return i + 2
	case string(p[i:i+7]) == ` t="s">`:
		n = r.fastShared(&cell, p[i:])
	case string(p[i:i+7]) == ` t="n">`:
		n = r.fastNumber(&cell, p[i+6:])
		if style < len(r.dates) && r.dates[style] {
			cell.Kind = Date
		}
		i += 6
	case len(p) > i+14 && string(p[i:i+14]) == ` t="inlineStr"`:
		n = r.fastInline(&cell, p[i:])
	}
	if n == 0 {
		return 0
	}
	r.col = col
	if cell.Kind != Empty {
		row.Cells = append(row.Cells, cell)
	}
	return i + n
}

const (
	fastValue    = `><v>`
	fastValueEnd = `</v></c>`
	fastShare    = ` t="s"><v>`
	fastText     = ` t="inlineStr"><is><t>`
	fastKeep     = ` t="inlineStr"><is><t xml:space="preserve">`
	fastTextEnd  = `</t></is></c>`
)

// fastNumber reads a number from the end of a start tag to the end of the cell.
func (r *xlsxRows) fastNumber(cell *Cell, p []byte) int {
	if len(p) < 14 || string(p[:4]) != fastValue {
		return 0
	}
	i, plain := 4, true
	for i < len(p) && p[i] != '<' {
		c := p[i]
		if c < '0' || c > '9' {
			if c != '.' && c != '-' && c|0x20 != 'e' && c != '+' {
				return 0
			}
			plain = false
		}
		i++
	}
	end := i + len(fastValueEnd)
	if i == 4 || i > 64 || end > len(p) || string(p[i:end]) != fastValueEnd {
		return 0
	}
	text := p[4:i:i]
	if !plain && !isNumber(text) {
		return 0
	}
	cell.Kind, cell.Text = Number, text
	return end
}

// fastShared reads the number of a shared string.
func (r *xlsxRows) fastShared(cell *Cell, p []byte) int {
	t := r.book.texts
	if t == nil || len(p) < len(fastShare)+1 || string(p[:len(fastShare)]) != fastShare {
		return 0
	}
	n, i := 0, len(fastShare)
	for i < len(p) && '0' <= p[i] && p[i] <= '9' {
		n = n*10 + int(p[i]-'0')
		if n >= len(t.refs) {
			return 0
		}
		i++
	}
	end := i + len(fastValueEnd)
	if i == len(fastShare) || end > len(p) || string(p[i:end]) != fastValueEnd {
		return 0
	}
	text := t.get(n)
	if len(text) > 0 {
		cell.Kind, cell.Text = Text, text
		cell.TooLong = len(text) > r.book.limits.CellChars && tooLong(text, r.book.limits.CellChars)
	}
	return end
}

// fastInline reads a text that stands in its cell and needs no decoding.
func (r *xlsxRows) fastInline(cell *Cell, p []byte) int {
	var i int
	switch {
	case len(p) > len(fastText) && string(p[:len(fastText)]) == fastText:
		i = len(fastText)
	case len(p) > len(fastKeep) && string(p[:len(fastKeep)]) == fastKeep:
		i = len(fastKeep)
	default:
		return 0
	}
	n := plainRun(p[i:], r.book.limits.CellChars)
	end := i + n + len(fastTextEnd)
	if n < 0 || end > len(p) || string(p[i+n:end]) != fastTextEnd {
		return 0
	}
	if n > 0 {
		cell.Kind, cell.Text = Text, p[i:i+n:i+n]
	}
	return end
}

// plainRun returns how long the text is that p begins with, or -1 if it is not
// at hand, too long, or has something to decode or to check.
func plainRun(p []byte, most int) int {
	p = p[:min(len(p), most)]
	for i, c := range p {
		if !fastStop[c] {
			continue
		}
		switch {
		case c == '<':
			return i
		case c != '_' || i+1 < len(p) && p[i+1] == 'x':
			return -1
		}
	}
	return -1
}

// fastStop marks the bytes that end a plain text: tags, references, escapes
// (which begin with an underscore), line ends to be unified, and "]]>".
var fastStop = func() (t [256]bool) {
	for _, c := range "<&\r]_" {
		t[c] = true
	}
	return t
}()

// pin copies the texts that lie in the window, because it is about to move.
func (r *xlsxRows) pin(row *Row) {
	for ; r.pinned < len(row.Cells); r.pinned++ {
		c := &row.Cells[r.pinned]
		start := len(r.arena)
		r.arena = append(r.arena, c.Text...)
		c.Text = r.arena[start:len(r.arena):len(r.arena)]
	}
}

const (
	fastItem    = `<si><t>`
	fastItemEnd = `</t></si>`
)

// fastItems reads shared strings as long as they have the simplest shape.
func (t *stringTable) fastItems(x *xmlReader, limits Limits) {
	if len(x.stack) != 1 || x.pendEnd {
		return
	}
	if space, _ := x.resolve(nil); space != spaceMain {
		return
	}
	for len(t.refs) < limits.Strings && t.bytes < limits.StringBytes {
		p := x.win[x.pos:]
		if len(p) < 24 || string(p[:len(fastItem)]) != fastItem {
			return
		}
		n := plainRun(p[len(fastItem):], limits.CellChars)
		end := len(fastItem) + n + len(fastItemEnd)
		if n < 0 || end > len(p) || string(p[len(fastItem)+n:end]) != fastItemEnd {
			return
		}
		text := p[len(fastItem) : len(fastItem)+n]
		t.add(text)
		x.pos += end
	}
}
