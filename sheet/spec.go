package sheet

import (
	"errors"
	"fmt"
	"strings"
)

// checkSpec applies Excel's rules, which are the strictest, to every format: a
// file that one program opens and another one mends is of no use.
func checkSpec(s Spec, taken map[string]bool) error {
	if err := checkSheetName(s.Name); err != nil {
		return err
	}
	key := strings.ToLower(s.Name)
	if taken[key] {
		return fmt.Errorf("sheet: two sheets are named %q", s.Name)
	}
	taken[key] = true
	if len(s.Columns) > maxColumns || s.FreezeRows < 0 || s.FreezeRows >= maxRows {
		return fmt.Errorf("sheet: the columns or frozen rows of %q are impossible", s.Name)
	}
	for _, c := range s.Columns {
		if c.Width < 0 || c.Width > 255 {
			return fmt.Errorf("sheet: a column of %q is %v characters wide; at most 255 are possible", s.Name, c.Width)
		}
	}
	for _, v := range s.Validations {
		if err := checkValidation(v); err != nil {
			return fmt.Errorf("sheet: validation of %q: %w", s.Name, err)
		}
	}
	return nil
}

func checkSheetName(name string) error {
	switch {
	case name == "" || utf16Len(name) > 31:
		return fmt.Errorf("sheet: the sheet name %q must have 1 to 31 characters", name)
	case strings.ContainsAny(name, `:\/?*[]`) || strings.HasPrefix(name, "'") || strings.HasSuffix(name, "'"):
		return fmt.Errorf(`sheet: the sheet name %q must not hold : \ / ? * [ ] nor begin or end with '`, name)
	case strings.ContainsFunc(name, func(r rune) bool { return !isXMLChar(r) || r < ' ' }):
		return fmt.Errorf("sheet: the sheet name %q has control characters", name)
	}
	return nil
}

func checkValidation(v Validation) error {
	switch {
	case v.Col < 0 || v.Col >= maxColumns || v.FirstRow < 1 || v.LastRow < v.FirstRow || v.LastRow > maxRows:
		return errors.New("the range is impossible")
	case (v.Source == "") == (len(v.List) == 0):
		return errors.New("it needs either List or Source")
	case utf16Len(v.Title) > 32 || utf16Len(v.Message) > 225:
		return errors.New("the title may have 32 characters and the message 225")
	case utf16Len(strings.Join(v.List, ","))+strings.Count(strings.Join(v.List, ""), `"`) > 255:
		return errors.New("the list has more than 255 characters; put it on a sheet and name it in Source")
	}
	for _, text := range append([]string{v.Title, v.Message, v.Source}, v.List...) {
		if strings.ContainsFunc(text, func(r rune) bool { return !isXMLChar(r) }) {
			return ErrText
		}
	}
	for _, item := range v.List {
		if item == "" || strings.ContainsAny(item, ",\n\r") || strings.TrimSpace(item) != item {
			return fmt.Errorf("the list item %q is empty, or has a comma, a line break or outer spaces; put it on a sheet and name it in Source", item)
		}
	}
	return nil
}

// isXMLChar reports whether XML 1.0 can hold the character at all.
func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}
