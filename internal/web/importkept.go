package web

import (
	"mime"
	"net/http"
	"time"

	"nadel/internal/bulk"
)

// decisionLine is one decision about an import: who, when, what.
type decisionLine struct {
	Who    string
	At     time.Time
	Text   string
	Import int64 // the import that the decision led to; 0 when none
}

// decisions tells what people have decided about an import.
func (v *visit) decisions(id int64) ([]decisionLine, error) {
	list, err := v.s.bulk.Decisions(v.r.Context(), v.who, id)
	if err != nil {
		return nil, err
	}
	lines := make([]decisionLine, len(list))
	for n, d := range list {
		lines[n] = decisionLine{Who: v.author(d.EmployeeID, d.Name), At: d.At, Text: bulk.Decided(v.say, d.Decision), Import: bulk.Led(d.Decision)}
	}
	return lines, nil
}

// downloadFile gives an import's file back, byte for byte as it was uploaded. It
// is somebody's file: the browser is told to keep it, never to show it.
func downloadFile(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	i, content, err := v.s.bulk.File(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": i.File.Name}))
	http.ServeContent(v.w, v.r, "", time.Time{}, content)
	return nil
}
