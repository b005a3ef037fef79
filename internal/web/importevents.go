package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"nadel/internal/plan"
)

// work is how far an import that is being checked or applied has come, in words.
type work struct {
	Title    string `json:"title"`
	Progress string `json:"progress"`
	Percent  int64  `json:"percent"`
}

func (v *visit) workOn(i *plan.Import) work {
	var w work
	if !i.State.Working() {
		return w
	}
	w.Title = v.say.T("ui.work." + string(i.State))
	if i.TakingBack > 0 {
		w.Title = v.say.T("ui.work.taking_back")
	}
	if i.Total > 0 {
		w.Percent = min(100, i.Done*100/i.Total)
	}
	w.Progress = v.say.T("ui.work.percent", "percent", w.Percent)
	if i.State == plan.Applying && i.Selected() > 0 {
		done := i.Counts.Applied + i.Counts.Conflict
		w.Percent = done * 100 / i.Selected()
		w.Progress = v.say.T("ui.work.rows", "done", done, "total", i.Selected())
	}
	if i.Waiting != "" {
		w.Title = v.say.T("ui.work.waiting." + string(i.Waiting))
	}
	if i.CancelAsked {
		w.Progress += " · " + v.say.T("ui.import.cancelling")
	}
	return w
}

const (
	// streamLife is how long one stream of events lasts. The browser asks for the
	// next one by itself, and is asked anew who it is and what it may.
	streamLife = time.Minute
	// streamPatience is how long a browser may take to accept an event.
	streamPatience = 10 * time.Second
)

// followImport streams how far an import has come, as server-sent events:
// "progress" while it is worked on, "rest" once it is not.
func followImport(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(v.r.Context(), streamLife)
	defer stop()
	s := &stream{v: v, to: http.NewResponseController(v.w)}
	err = v.s.bulk.Follow(ctx, v.who, id, func(i *plan.Import) error {
		if !i.State.Working() {
			return s.send("rest", struct{}{})
		}
		return s.send("progress", v.workOn(i))
	})
	if s.begun && err != nil {
		v.s.log.DebugContext(v.r.Context(), "events broken off", "request", v.id, "error", err)
		return nil // the browser comes again
	}
	return err
}

// stream is an answer that is sent event by event.
type stream struct {
	v     *visit
	to    *http.ResponseController
	begun bool
}

func (s *stream) send(event string, data any) error {
	if !s.begun {
		s.begun = true
		h := s.v.w.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("X-Accel-Buffering", "no") // proxies that gather answers would hold the news back
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	_ = s.to.SetWriteDeadline(time.Now().Add(streamPatience)) // fails only where there is no connection, in tests
	if _, err := fmt.Fprintf(s.v.w, "event: %s\ndata: %s\n\n", event, text); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	if err := s.to.Flush(); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	return nil
}
