package web

import (
	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/plan"
)

// approvalBox is how an import stands that needs a second administrator. It is
// empty for all others.
type approvalBox struct {
	Title       string
	Lines       []string
	Fingerprint string
	MayAsk      bool // pressing Import asks
	MayAnswer   bool
	Blocks      bool // it cannot be applied now
}

func (v *visit) tellApproval(page *importPage) error {
	if !page.Ready {
		return nil
	}
	a, err := v.s.bulk.Approval(v.r.Context(), v.who, page.Import.ID)
	if err != nil || !a.Needed {
		return err
	}
	box := &page.Approval
	box.Fingerprint = a.Fingerprint
	box.Title = v.say.T("ui.approval.needed")
	box.Lines = []string{v.say.T("ui.approval.needed.text")}
	if !a.Asked {
		box.MayAsk = true
		return nil
	}
	asked := v.say.T("ui.approval.asked", "who", v.author(a.AskedBy, a.AskedName), "at", page.When(a.AskedAt), "until", page.When(a.ExpiresAt))
	answered := v.author(a.AnsweredBy, a.AnsweredName)
	switch a.Stands {
	case plan.Unanswered:
		box.Blocks, box.Title, box.Lines = true, v.say.T("ui.approval.waits"), []string{asked}
		box.MayAnswer = !a.Mine && v.who.May(access.ApproveImports)
	case plan.Approved:
		box.Title, box.Lines = v.say.T("ui.approval.approved"), []string{v.say.T("ui.approval.by", "who", answered, "at", page.When(a.AnsweredAt))}
	case plan.Rejected:
		box.MayAsk, box.Title, box.Lines = true, v.say.T("ui.approval.rejected"), []string{v.say.T("ui.approval.by", "who", answered, "at", page.When(a.AnsweredAt))}
	case plan.Void:
		box.MayAsk, box.Lines = true, []string{v.say.T("ui.approval.void")}
	case plan.Expired:
		box.MayAsk, box.Lines = true, []string{v.say.T("ui.approval.expired")}
	}
	if a.Word != "" && (a.Stands == plan.Approved || a.Stands == plan.Rejected) {
		box.Lines = append(box.Lines, v.say.T("told.word", "word", a.Word))
	}
	return nil
}

// askApproval is what pressing Import does where another administrator has to
// say yes first.
func askApproval(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	_, err = v.s.bulk.AskApproval(v.r.Context(), v.who, id, decisionGiven(form))
	return v.after(id, "", err)
}

func answerApproval(v *visit) error {
	form, id, err := v.formAbout()
	if err != nil {
		return err
	}
	err = v.s.bulk.Answer(v.r.Context(), v.who, id, bulk.Verdict{
		Approve: form.Get("approve") == "1", Fingerprint: form.Get("plan"), Word: form.Get("word"),
	})
	return v.after(id, "", err)
}
