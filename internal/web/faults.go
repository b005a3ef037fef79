package web

import (
	"net/http"

	"nadel/internal/fault"
)

// statuses is the one map from the code of a fault to the status of the answer.
var statuses = map[fault.Code]int{
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Denied:          http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Refused:         http.StatusUnprocessableEntity,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.TooSlow:         http.StatusRequestTimeout,
	fault.NoSpace:         http.StatusInsufficientStorage,
	fault.Usage:           http.StatusBadRequest,
	fault.Internal:        http.StatusInternalServerError,
}

func statusOf(err error) int { return statuses[fault.CodeOf(err)] }

// errorPage tells that something did not work.
type errorPage struct {
	frame
	Status   int
	Heading  string
	Message  string
	Internal bool // ours: only the request's id is shown
}

// fail answers with an error: for scripts as JSON, for people as a page. An
// error that is not meant for people is logged here and shown as an id only.
func (v *visit) fail(err error) {
	status := statusOf(err)
	message := v.say.Fault(err)
	if fault.CodeOf(err) == fault.Internal {
		if v.r.Context().Err() != nil {
			return // nobody waits for the answer any more
		}
		v.s.log.ErrorContext(v.r.Context(), "request failed", "request", v.id, "route", v.r.Pattern, "error", err)
		message = v.say.T("ui.error.internal", "request", v.id)
	}
	if v.wantsJSON() {
		v.json(status, struct {
			Message string `json:"message"`
		}{message})
		return
	}
	if status == http.StatusUnauthorized {
		v.signInFirst()
		return
	}
	page := errorPage{
		Status: status, Heading: v.say.T(headingOf(status)), Message: message,
		Internal: status == http.StatusInternalServerError,
	}
	page.frame = v.frame(page.Heading)
	v.render(status, "error", &page)
}

func headingOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "ui.error.not_found"
	case http.StatusForbidden:
		return "ui.error.denied"
	case http.StatusInternalServerError:
		return "ui.error.wrong"
	}
	return "ui.error.refused"
}

// notOurs drops faults and keeps what must not be overlooked: for answers that
// do without what the person may not see.
func notOurs(err error) error {
	if fault.CodeOf(err) == fault.Internal {
		return err
	}
	return nil
}
