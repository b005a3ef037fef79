package web

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"nadel/internal/fault"
)

const (
	// bodyPatience is how long we wait for the next part of a request. It is not
	// for the whole: a file may take long to arrive, as long as it arrives.
	bodyPatience = time.Minute
	// bodyPart is how many bytes must come in that time, or all there are: fewer
	// than the slowest line carries, more than somebody sends who only wants to
	// hold a connection.
	bodyPart = 16 << 10
)

// patientBody is a request's body that is not waited for without end: a sender
// who falls silent, or dribbles, would hold a connection and its memory for ever.
type patientBody struct {
	io.ReadCloser
	at       *http.ResponseController
	patience time.Duration
	until    time.Time // when the present part must have come
	come     int       // bytes of it
}

// newPatientBody sets the deadline at once: what a handler leaves unread, the
// server itself reads away before it answers.
func newPatientBody(w http.ResponseWriter, r *http.Request, patience time.Duration) io.ReadCloser {
	if r.Body == http.NoBody {
		return r.Body
	}
	b := &patientBody{ReadCloser: r.Body, at: http.NewResponseController(w), patience: patience, until: time.Now().Add(patience)}
	b.wait(b.until)
	return b
}

// Read reads on, and fails when too little has come for too long. At the end the
// deadline is lifted, or it would cut off an answer that takes long.
func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.come += n; b.come >= bodyPart {
		b.come, b.until = 0, time.Now().Add(b.patience)
		b.wait(b.until)
	}
	if errors.Is(err, io.EOF) {
		b.wait(time.Time{})
	}
	return n, err
}

func (b *patientBody) wait(until time.Time) {
	_ = b.at.SetReadDeadline(until) // fails only where there is no connection, in tests
}

// broken is the fault of a request that did not arrive as a whole.
func broken(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fault.New(fault.TooSlow, "ui.error.too_slow")
	}
	return fault.New(fault.Usage, "ui.error.bad_form")
}
