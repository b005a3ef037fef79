package sheet

import (
	"strconv"
	"strings"
)

// styleSet says of each cell style whether it shows a number as a date. A
// workbook without styles has none; every style number then means "general".
type styleSet struct {
	dates []bool
	known bool
}

// loadStyles reads the styles once.
func (b *xlsxBook) loadStyles() error {
	if b.styleSet != nil {
		return nil
	}
	set := &styleSet{}
	if b.styles != "" && b.a.find(b.styles) != nil {
		if err := b.readStyles(set); err != nil {
			return err
		}
		set.known = len(set.dates) > 0
	}
	b.styleSet = set
	return nil
}

func (b *xlsxBook) readStyles(set *styleSet) error {
	x, p, err := b.a.part(b.styles, b.a.budget())
	if err != nil {
		return err
	}
	defer p.close()
	defer x.close()
	custom := map[string]bool{} // number format id: shows a date
	for {
		kind, err := x.next()
		if err != nil || kind == xmlEOF {
			return err
		}
		if x.base+int64(x.pos) > b.limits.StyleBytes {
			return x.refuse(StylesTooLarge, "limit", b.limits.StyleBytes)
		}
		if kind != xmlStart || x.depth() != 3 {
			continue
		}
		switch {
		case x.is(spaceMain, "numFmt"):
			attrs, err := x.attrsOf("numFmtId", "formatCode")
			if err != nil {
				return err
			}
			custom[attrs[0]] = isDateFormat(attrs[1])
		case x.is(spaceMain, "xf") && x.inside("cellXfs"):
			id, _, err := x.attr(spaceNone, "numFmtId")
			if err != nil {
				return err
			}
			date, ok := custom[string(id)]
			if !ok {
				date = isBuiltinDate(string(id))
			}
			set.dates = append(set.dates, date)
		}
	}
}

// inside reports whether the parent of the current start tag has the local name.
func (x *xmlReader) inside(local string) bool {
	if len(x.stack) < 2 {
		return false
	}
	parent := x.stack[len(x.stack)-2]
	name := x.names[parent.name:x.stack[len(x.stack)-1].name]
	if parent.prefix > 0 {
		name = name[parent.prefix+1:]
	}
	return string(name) == local
}

// isBuiltinDate reports whether a number format that need not be declared shows
// dates or times: the common ones, and those of East Asian versions.
func isBuiltinDate(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && (14 <= n && n <= 22 || 27 <= n && n <= 36 || 45 <= n && n <= 47 || 50 <= n && n <= 58)
}

// isDateFormat reports whether a number format shows a date or a time: whether
// one of its letters y m d h s stands outside quotes, escapes and brackets, or
// an elapsed time such as [h] inside them.
func isDateFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return false
			}
			i += end + 1
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++ // the next character is shown, or its width, or filled with
		case code[i] == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return false
			}
			if inner := strings.ToLower(code[i+1 : i+end]); inner != "" && strings.Trim(inner, "hms") == "" {
				return true
			}
			i += end
		case c == 'g' && len(code) >= i+7 && strings.EqualFold(code[i:i+7], "general"):
			i += 6
		case c == 'y' || c == 'm' || c == 'd' || c == 'h' || c == 's':
			return true
		}
	}
	return false
}
