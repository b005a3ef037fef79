package sheet_test

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	xmlMain = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	xmlRel  = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relType = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	xmlRels = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
)

// parts of a minimal workbook; a test replaces some of them, and "" takes one
// away. A "[s]" at the beginning of a name stores the part unpacked.
func byHandParts() map[string]string {
	return map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"_rels/.rels":     `<Relationships ` + xmlRels + `><Relationship Id="rId1" Type="` + relType + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook ` + xmlMain + ` ` + xmlRel + `><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships ` + xmlRels + `><Relationship Id="rId1" Type="` + relType + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relType + `/sharedStrings" Target="sharedStrings.xml"/>` +
			`<Relationship Id="rId3" Type="` + relType + `/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": worksheet(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2"><v>5</v></c></row>`),
		"xl/sharedStrings.xml":     `<sst ` + xmlMain + `><si><t>ID</t></si><si><r><t>Sta</t></r><r><t>tus</t></r><rPh sb="0" eb="1"><t>no</t></rPh></si><si><t></t></si></sst>`,
		"xl/styles.xml": `<styleSheet ` + xmlMain + `><numFmts count="1"><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/></numFmts>` +
			`<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="49"/></cellXfs></styleSheet>`,
	}
}

func worksheet(rows string) string {
	return `<worksheet ` + xmlMain + `><sheetData>` + rows + `</sheetData></worksheet>`
}

// byHand packs the minimal workbook with some parts replaced.
func byHand(t testing.TB, replaced map[string]string) []byte {
	t.Helper()
	parts := byHandParts()
	maps.Copy(parts, replaced)
	return pack(t, parts)
}

// pack makes an archive of parts, in the order of their names.
func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if parts[name] == "" {
			continue
		}
		h := &zip.FileHeader{Name: strings.TrimPrefix(name, "[s]"), Method: zip.Deflate}
		if h.Name != name {
			h.Method = zip.Store
		}
		w, err := zw.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withRows is the minimal workbook with other rows.
func withRows(t testing.TB, rows string) []byte {
	return byHand(t, map[string]string{"xl/worksheets/sheet1.xml": worksheet(rows)})
}
