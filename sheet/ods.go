package sheet

import "io"

func openODF(a *archive) (workbook, error) { return nil, refuse(NotASpreadsheet) }

func openXML(r io.ReaderAt, size int64, head []byte, limits Limits) (workbook, error) {
	if looksLikeHTML(head) {
		return nil, refuse(WebPage)
	}
	return nil, refuse(OtherXML, "root", "?")
}
