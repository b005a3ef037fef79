package sheet

import (
	"errors"
	"fmt"
	"strings"
)

// maxNotes bounds the notes of a sheet, for they wait in memory until its end.
const maxNotes = 100000

// ErrTooManyNotes is returned for the 100,001st note of a sheet.
var ErrTooManyNotes = errors.New("sheet: a sheet cannot have more than 100,000 notes")

// xlsxNote is a comment on a cell.
type xlsxNote struct {
	row, col int
	text     string
}

func (e *xlsxEncoder) note(row, col int, text string) error {
	if len(e.notes) >= maxNotes {
		return ErrTooManyNotes
	}
	e.notes = append(e.notes, xlsxNote{row, col, text})
	return nil
}

// writeNotes writes the notes of the sheet that was just ended: their text, and
// the drawing in an older markup language without which Excel shows none.
func (e *xlsxEncoder) writeNotes(sheet int) error {
	if len(e.notes) == 0 {
		return nil
	}
	rels := xmlHead + `<Relationships xmlns="` + nsRels + `">` +
		fmt.Sprintf(`<Relationship Id="rId1" Type="%s/vmlDrawing" Target="../drawings/vmlDrawing%d.vml"/>`, nsDocRels, sheet) +
		fmt.Sprintf(`<Relationship Id="rId2" Type="%s/comments" Target="../comments%d.xml"/></Relationships>`, nsDocRels, sheet)
	if err := e.z.whole(fmt.Sprintf("xl/worksheets/_rels/sheet%d.xml.rels", sheet), rels); err != nil {
		return err
	}
	if err := e.z.whole(fmt.Sprintf("xl/comments%d.xml", sheet), noteTexts(e.notes)); err != nil {
		return err
	}
	return e.z.whole(fmt.Sprintf("xl/drawings/vmlDrawing%d.vml", sheet), noteShapes(e.notes))
}

func noteTexts(notes []xlsxNote) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<comments xmlns="` + nsMain + `"><authors><author></author></authors><commentList>`)
	for _, n := range notes {
		fmt.Fprintf(&b, `<comment ref="%s%d" authorId="0"><text><t xml:space="preserve">`, ColumnName(n.col), n.row)
		b.Write(appendEscapedText(nil, n.text))
		b.WriteString(`</t></text></comment>`)
	}
	b.WriteString(`</commentList></comments>`)
	return b.String()
}

func noteShapes(notes []xlsxNote) string {
	var b strings.Builder
	b.WriteString(`<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<v:shapetype id="note" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`)
	for i, n := range notes {
		fmt.Fprintf(&b, `<v:shape id="note%d" type="#note" style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">`+
			`<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:textbox style="mso-direction-alt:auto"/>`+
			`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d,15,%d,2,%d,15,%d,4</x:Anchor>`+
			`<x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
			i+1, n.col+1, n.row-1, n.col+4, n.row+4, n.row-1, n.col)
	}
	b.WriteString(`</xml>`)
	return b.String()
}
