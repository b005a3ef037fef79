package web

import (
	"net/http"
	"net/url"

	"nadel/internal/access"
	"nadel/internal/fault"
)

// signInPage is the door. Back is where to go once inside.
type signInPage struct {
	frame
	OnlyWorkspace bool // there is one: nobody needs to know its name
	Workspace     string
	Login         string
	Back          string
	Fault         string
}

// signInFirst answers a visit that needs somebody signed in: a page asked for
// leads to the door and back again; anything sent is told to sign in first.
func (v *visit) signInFirst() {
	if (v.r.Method == http.MethodGet || v.r.Method == http.MethodHead) && v.r.Header.Get("HX-Request") == "" {
		to := "/sign-in"
		if here := v.r.URL.RequestURI(); here != "/" {
			to += "?back=" + url.QueryEscape(here)
		}
		http.Redirect(v.w, v.r, to, http.StatusSeeOther)
		return
	}
	page := &signInPage{Back: "/", Fault: v.say.T("ui.error.session")}
	if v.r.Method == http.MethodPost {
		page.Back = back(v.r.URL.Path)
	}
	if err := v.door(http.StatusUnauthorized, page); err != nil {
		v.fail(err)
	}
}

func (v *visit) door(status int, page *signInPage) error {
	all, err := v.s.access.Workspaces(v.r.Context())
	if err != nil {
		return err
	}
	if len(all) == 1 {
		page.OnlyWorkspace, page.Workspace = true, all[0].Name
	}
	page.frame = v.frame(v.say.T("ui.sign_in.title"))
	v.render(status, "signin", page)
	return nil
}

func showSignIn(v *visit) error {
	to := back(v.r.URL.Query().Get("back"))
	if v.signedIn {
		return v.seeOther(to)
	}
	empty, err := v.s.access.IsEmpty(v.r.Context())
	if err != nil {
		return err
	}
	if empty {
		return v.seeOther("/set-up")
	}
	return v.door(http.StatusOK, &signInPage{Back: to, Workspace: v.r.URL.Query().Get("workspace")})
}

func signIn(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	workspace, login := form.Get("workspace"), form.Get("login")
	who, err := v.s.access.SignIn(v.r.Context(), workspace, login, form.Get("password"), v.address())
	if err == nil {
		err = v.begin(who)
	}
	switch {
	case v.wantsJSON() && err == nil:
		v.json(http.StatusOK, struct{}{})
		return nil
	case err == nil:
		return v.seeOther(back(form.Get("back")))
	case v.wantsJSON() || fault.CodeOf(err) == fault.Internal:
		return err
	}
	return v.door(statusOf(err), &signInPage{
		Workspace: workspace, Login: login, Back: back(form.Get("back")), Fault: v.say.Fault(err),
	})
}

func signOut(v *visit) error {
	if err := v.sessions().Destroy(v.r.Context()); err != nil {
		return err
	}
	return v.seeOther("/sign-in")
}

// confirmSession lets a script ask whether the session still lives; that it got
// here is the answer.
func confirmSession(v *visit) error {
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

func home(v *visit) error { return v.seeOther("/" + v.catalog().Entities[0].Path) }

// setUpPage makes the first workspace of an empty installation.
type setUpPage struct {
	frame
	Fields []plainField
	Fault  string
}

func showSetUp(v *visit) error {
	empty, err := v.s.access.IsEmpty(v.r.Context())
	if err != nil {
		return err
	}
	if !empty {
		return v.seeOther("/sign-in")
	}
	return v.showSetUp(http.StatusOK, map[string]string{}, nil)
}

func (v *visit) showSetUp(status int, given map[string]string, err error) error {
	f := v.faultsIn(err)
	page := &setUpPage{frame: v.frame(v.say.T("ui.set_up.title"))}
	page.Fields = []plainField{
		f.field(plainField{Name: "workspace", Label: v.say.T("ui.set_up.company"), Type: "text", Value: given["workspace"], Required: true, Hint: v.say.T("ui.set_up.company.hint"), Autocomplete: "organization"}),
		f.field(plainField{Name: "name", Label: v.say.T("ui.employee.name"), Type: "text", Value: given["name"], Required: true, Autocomplete: "name"}),
		f.field(plainField{Name: "login", Label: v.say.T("ui.login"), Type: "text", Value: given["login"], Required: true, Hint: v.say.T("ui.login.hint"), Autocomplete: "username"}),
		f.field(plainField{Name: "password", Label: v.say.T("ui.password"), Type: "password", Required: true, Hint: v.say.T("ui.password.hint", "min", access.ShortestPassword), Autocomplete: "new-password"}),
	}
	page.Fault = f.rest()
	v.render(status, "setup", page)
	return nil
}

func setUp(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	given := map[string]string{}
	for _, name := range []string{"workspace", "name", "login"} {
		given[name] = form.Get(name)
	}
	who, err := v.s.access.SetUp(v.r.Context(), given["workspace"], given["login"], given["name"], form.Get("password"))
	if fault.CodeOf(err) == fault.Internal || fault.CodeOf(err) == fault.Conflict {
		return err
	}
	if err != nil {
		return v.showSetUp(statusOf(err), given, err)
	}
	if err := v.begin(who); err != nil {
		return err
	}
	return v.seeOther("/")
}

// profilePage is a person's own: password and language.
type profilePage struct {
	frame
	Fields []plainField
	Fault  string
}

func showProfile(v *visit) error { return v.showProfile(http.StatusOK, nil) }

func (v *visit) showProfile(status int, err error) error {
	f := v.faultsIn(err)
	page := &profilePage{frame: v.frame(v.say.T("ui.profile"))}
	page.Fields = []plainField{
		f.field(plainField{Name: "old", Label: v.say.T("ui.profile.old"), Type: "password", Required: true, Autocomplete: "current-password"}),
		f.field(plainField{Name: "password", Label: v.say.T("ui.profile.new"), Type: "password", Required: true, Hint: v.say.T("ui.password.hint", "min", access.ShortestPassword), Autocomplete: "new-password"}),
	}
	page.Fault = f.rest()
	v.render(status, "profile", page)
	return nil
}

func changePassword(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	who, err := v.s.access.ChangePassword(v.r.Context(), v.who, form.Get("old"), form.Get("password"))
	if fault.CodeOf(err) == fault.Internal {
		return err
	}
	if err != nil {
		return v.showProfile(statusOf(err), err)
	}
	if err := v.begin(who); err != nil {
		return err
	}
	v.notice("ui.profile.changed")
	return v.seeOther("/profile")
}

// chooseLanguage changes the language: for good when somebody is signed in, for
// the session otherwise.
func chooseLanguage(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	tag := v.s.locales.Get(form.Get("language")).Tag()
	if v.signedIn {
		err = v.s.access.SetLanguage(v.r.Context(), v.who, tag)
	} else {
		v.sessions().Put(v.r.Context(), sessionLanguage, tag)
	}
	if err != nil {
		return err
	}
	return v.seeOther(back(form.Get("back")))
}
