package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/internal/store"
)

// ApprovalView is how an import stands that may need a second administrator.
type ApprovalView struct {
	Needed      bool        // it cannot be applied without
	Fingerprint string      // of the plan as it is shown now
	Asked       bool        // somebody has asked, and the rest is about that
	Stands      plan.Answer // at present, for this plan
	plan.Approval
	AskedName, AnsweredName string // "" for the operator
	Mine                    bool   // the viewer has asked and so cannot answer
}

// Approval tells how the approval of an import stands.
func (s *Service) Approval(ctx context.Context, who access.User, id int64) (*ApprovalView, error) {
	if err := who.Must(access.SeeImports); err != nil {
		return nil, err
	}
	v := &ApprovalView{}
	err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		i, err := importFor(tx, who, id)
		if err != nil {
			return err
		}
		if v.Needed, err = needsApproval(tx, i); err != nil {
			return err
		}
		if v.Fingerprint, err = fingerprint(tx, i); err != nil {
			return err
		}
		if v.Approval, v.Asked, err = tx.LastApproval(id); err != nil || !v.Asked {
			return err
		}
		v.Stands, v.Mine = v.Approval.Stands(v.Fingerprint, s.store.Now()), v.AskedBy == who.EmployeeID
		people, err := tx.People([]int64{v.AskedBy, v.AnsweredBy})
		for _, of := range []struct {
			id   int64
			name *string
		}{{v.AskedBy, &v.AskedName}, {v.AnsweredBy, &v.AnsweredName}} {
			if p := people[of.id]; p != nil {
				*of.name = p.Name
			}
		}
		return err
	})
	return v, err
}

// needsApproval tells whether the import would do what the workspace wants two
// administrators to say yes to.
func needsApproval(tx *store.Tx, i *plan.Import) (bool, error) {
	if i.State != plan.Ready || !i.Blasts() {
		return false, nil
	}
	w, err := tx.OwnWorkspace()
	return err == nil && w.SecondAdministrator, err
}

// fingerprint tells one plan from any other: whatever is mended, chosen, accepted
// or checked anew makes another one of it. What was said about approving itself
// does not.
func fingerprint(tx *store.Tx, i *plan.Import) (string, error) {
	decisions, err := tx.Decisions(i.ID)
	if err != nil {
		return "", err
	}
	last := int64(0)
	for _, d := range decisions {
		switch d.What {
		case plan.ApprovalAsked, plan.ApprovalGiven, plan.ApprovalKept:
		default:
			last = d.N
		}
	}
	text, err := json.Marshal(struct {
		File         string
		Options      plan.Options
		Accepted     plan.Guards
		AllOrNothing bool
		Checked      int64
		Counts       plan.Counts
		HeldBy       map[plan.Guards]int64
		Summary      plan.Summary
		LastDecision int64
		Revision     int64
	}{i.File.SHA256, i.Options, i.Accepted, i.AllOrNothing, i.CheckedAt.UnixMilli(), i.Counts, i.HeldBy, i.Summary, last, i.Revision})
	if err != nil {
		return "", fmt.Errorf("fingerprint of import %d: %w", i.ID, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// mustBeApproved is the fault of applying without the approval that is needed.
// The operator needs none: whoever owns the database could do anything anyway,
// and history says that it was the operator.
func (s *Service) mustBeApproved(tx *store.Tx, who access.User, i *plan.Import) error {
	needed, err := needsApproval(tx, i)
	if err != nil || !needed || who.Operator {
		return err
	}
	now, err := fingerprint(tx, i)
	if err != nil {
		return err
	}
	a, asked, err := tx.LastApproval(i.ID)
	if err != nil {
		return err
	}
	if !asked || a.Stands(now, s.store.Now()) != plan.Approved {
		return fault.New(fault.Conflict, "error.approval_needed")
	}
	return nil
}

// AskApproval asks the other administrators to approve the import as it is
// shown, and tells them.
func (s *Service) AskApproval(ctx context.Context, who access.User, id int64, d Decision) (*plan.Import, error) {
	return s.decide(ctx, who, id, func(tx *store.Tx, i *plan.Import) error {
		return takeDecision(tx, i, who, d)
	}, func(tx *store.Tx, i *plan.Import) error {
		needed, err := needsApproval(tx, i)
		if err != nil {
			return err
		}
		if !needed {
			return fault.New(fault.Conflict, "error.approval_not_needed")
		}
		w, err := tx.OwnWorkspace()
		if err != nil {
			return err
		}
		a := plan.Approval{AskedBy: who.EmployeeID, ExpiresAt: s.store.Now().Add(time.Duration(w.ApprovalDays) * 24 * time.Hour)}
		if err := tx.AddDecision(id, who.EmployeeID, plan.ApprovalAsked); err != nil {
			return err
		}
		if a.Plan, err = fingerprint(tx, i); err != nil {
			return err
		}
		if was, asked, err := tx.LastApproval(id); err != nil || asked && openStill(&was, a.Plan, s.store.Now()) {
			return errorOr(err, fault.New(fault.Conflict, "error.asked_already"))
		}
		if err := tx.AddApproval(id, &a); err != nil {
			return err
		}
		return tellAdministrators(tx, i, who)
	})
}

// openStill tells whether a request needs no other one beside it.
func openStill(a *plan.Approval, fingerprint string, now time.Time) bool {
	stands := a.Stands(fingerprint, now)
	return stands == plan.Unanswered || stands == plan.Approved
}

func errorOr(err error, otherwise *fault.Error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// approvalWord is what an administrator says to his answer.
var approvalWord = &entity.Field{Name: "word", Kind: entity.Text, Max: 500}

// Verdict is a second administrator's answer.
type Verdict struct {
	Approve     bool
	Fingerprint string // of the plan that he was shown
	Word        string // to whoever asked; a rejection needs one
}

// Answer approves or rejects an import, for exactly the plan that was shown, and
// tells whoever asked. Nobody answers himself.
func (s *Service) Answer(ctx context.Context, who access.User, id int64, v Verdict) error {
	if err := who.Must(access.ApproveImports); err != nil {
		return err
	}
	word, err := approvalWord.Parse(v.Word)
	if err != nil {
		return err
	}
	if !v.Approve && word == "" {
		return fault.New(fault.Invalid, "error.rejection_needs_word").In("word")
	}
	return s.store.Write(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		i, err := importFor(tx, who, id)
		if err != nil {
			return err
		}
		a, asked, err := tx.LastApproval(id)
		if err != nil {
			return err
		}
		if !asked || i.State != plan.Ready {
			return fault.New(fault.Conflict, "error.approval_not_asked")
		}
		if a.AskedBy == who.EmployeeID && !who.Operator {
			return fault.New(fault.Denied, "error.own_approval")
		}
		now, err := fingerprint(tx, i)
		if err != nil {
			return err
		}
		stands := a.Stands(now, s.store.Now())
		if stands != plan.Unanswered || v.Fingerprint != now {
			return notAnswerable(stands)
		}
		a.Answer, a.AnsweredBy, a.Word = plan.Rejected, who.EmployeeID, word
		act := plan.ApprovalKept
		if v.Approve {
			a.Answer, act = plan.Approved, plan.ApprovalGiven
		}
		if err := tx.AnswerApproval(id, &a); err != nil {
			return err
		}
		if err := tx.AddDecision(id, who.EmployeeID, act, "word", word); err != nil {
			return err
		}
		return tellAsker(tx, i, &a, who)
	})
}

// notAnswerable says why a request cannot be answered any more.
func notAnswerable(stands plan.Answer) error {
	switch stands {
	case plan.Expired:
		return fault.New(fault.Conflict, "error.approval_expired")
	case plan.Approved, plan.Rejected:
		return fault.New(fault.Conflict, "error.answered_already")
	}
	return fault.New(fault.Conflict, "error.approval_void")
}
