package web

import (
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
	ended    bool // all was read, or nothing more can be
}

func newPatientBody(w http.ResponseWriter, r *http.Request, patience time.Duration) *patientBody {
	return &patientBody{r.Body, http.NewResponseController(w), patience, r.Body == http.NoBody}
}

// Read reads on, and fails when nothing has come for too long. The deadline is
// lifted in between: it would also cut off a long answer.
func (b *patientBody) Read(p []byte) (int, error) {
	b.wait(time.Now().Add(b.patience))
	n, err := b.ReadCloser.Read(p)
	b.ended = err != nil
	b.wait(time.Time{})
	return n, err
}

// leave bounds the wait for what the handler did not read, which the server
// reads away to keep the connection.
func (b *patientBody) leave() {
	if !b.ended {
		b.wait(time.Now().Add(b.patience))
	}
}

func (b *patientBody) wait(until time.Time) {
	_ = b.at.SetReadDeadline(until) // fails only where there is no connection, in tests
}
