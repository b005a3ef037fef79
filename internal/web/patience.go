package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// bodyPatience is how long we wait for the next bytes of a request. It is not for
// the whole: a file may take long to arrive, as long as it arrives.
const bodyPatience = time.Minute

// patientBody is a request's body that is not waited for without end: a sender
// who falls silent would hold a connection and its memory for ever.
type patientBody struct {
	io.ReadCloser
	at       *http.ResponseController
	patience time.Duration
}

// newPatientBody sets the deadline at once: what a handler leaves unread, the
// server itself reads away before it answers.
func newPatientBody(w http.ResponseWriter, r *http.Request, patience time.Duration) io.ReadCloser {
	if r.Body == http.NoBody {
		return r.Body
	}
	b := &patientBody{r.Body, http.NewResponseController(w), patience}
	b.wait(time.Now().Add(patience))
	return b
}

// Read reads on, and fails when nothing has come for too long. At the end the
// deadline is lifted, or it would cut off an answer that takes long.
func (b *patientBody) Read(p []byte) (int, error) {
	b.wait(time.Now().Add(b.patience))
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.wait(time.Time{})
	}
	return n, err
}

func (b *patientBody) wait(until time.Time) {
	_ = b.at.SetReadDeadline(until) // fails only where there is no connection, in tests
}
