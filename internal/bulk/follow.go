package bulk

import (
	"context"
	"sync"
	"time"

	"nadel/internal/access"
	"nadel/internal/fault"
	"nadel/internal/plan"
)

const (
	// followPace is how often the database is asked for news of an import. News
	// come from there, so whichever node asks hears what any other does.
	followPace = 500 * time.Millisecond
	// followBeat is how long an import may bring nothing new before it is told
	// again, so that whoever listens knows that the line is not dead.
	followBeat = 4 * time.Second
	// followersOfOne is how many imports one person may follow at a time through
	// this process. A browser keeps six connections to a server; some must be
	// left for pages.
	followersOfOne = 3
)

// Follow tells an import now, whenever it has moved on, and at least every few
// seconds, until it rests, ctx ends or tell answers an error. More than a few at
// a time are refused as too many.
func (s *Service) Follow(ctx context.Context, who access.User, id int64, tell func(*plan.Import) error) error {
	if !s.following.begin(who) {
		return fault.New(fault.TooMany, "error.follows_too_many", "max", followersOfOne)
	}
	defer s.following.end(who)
	tick := time.NewTicker(followPace)
	defer tick.Stop()
	var last news
	var told time.Time
	for {
		i, err := s.Get(ctx, who, id)
		if err != nil {
			return err
		}
		if now := newsOf(i); now != last || time.Since(told) >= followBeat {
			if err := tell(i); err != nil {
				return err
			}
			last, told = now, time.Now()
		}
		if !i.State.Working() {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// news is what about a working import is worth telling.
type news struct {
	state       plan.State
	waiting     fault.Code
	done, total int64
	written     int64
	back        int64
	cancel      bool
}

func newsOf(i *plan.Import) news {
	return news{i.State, i.Waiting, i.Done, i.Total, i.Counts.Applied + i.Counts.Conflict, i.TakingBack, i.CancelAsked}
}

// followers counts who follows how many imports.
type followers struct {
	mu sync.Mutex
	of map[follower]int
}

type follower struct{ workspace, employee int64 }

func (f *followers) begin(who access.User) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := follower{who.WorkspaceID, who.EmployeeID}
	if f.of[key] >= followersOfOne {
		return false
	}
	if f.of == nil {
		f.of = map[follower]int{}
	}
	f.of[key]++
	return true
}

func (f *followers) end(who access.User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := follower{who.WorkspaceID, who.EmployeeID}
	if f.of[key]--; f.of[key] == 0 {
		delete(f.of, key)
	}
}
