package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/locale"
)

//go:embed templates/*.html
var templates embed.FS

// pages is every page in every language, parsed once.
type pages struct {
	sets map[string]map[string]*template.Template // by language, by page
}

// Files whose names begin with an underscore are parts that pages share.
func parsePages(locales *locale.Set, a *assets) (*pages, error) {
	shared, err := fs.Glob(templates, "templates/_*.html")
	if err != nil {
		return nil, err
	}
	all, err := fs.Glob(templates, "templates/[a-z]*.html")
	if err != nil {
		return nil, err
	}
	p := &pages{sets: map[string]map[string]*template.Template{}}
	for _, tag := range locales.Languages() {
		base, err := template.New("").Funcs(words(locales.Get(tag), a)).ParseFS(templates, shared...)
		if err != nil {
			return nil, err
		}
		p.sets[tag] = map[string]*template.Template{}
		for _, file := range all {
			page, err := base.Clone()
			if err != nil {
				return nil, err
			}
			if _, err := page.ParseFS(templates, file); err != nil {
				return nil, err
			}
			p.sets[tag][strings.TrimSuffix(path.Base(file), ".html")] = page
		}
	}
	return p, nil
}

// words are the functions of the templates, in one language.
func words(say *locale.Locale, a *assets) template.FuncMap {
	return template.FuncMap{
		"t":        say.T,
		"n":        say.Number,
		"date":     say.Date,
		"field":    say.Field,
		"icon":     a.icon,
		"asset":    a.url,
		"lang":     say.Tag,
		"initials": initials,
		"cause":    func(page *importPage, c causeBox, n int) shownCause { return shownCause{page, c, n} },
	}
}

// frame is what every page has around its content.
type frame struct {
	Title     string
	User      *access.User // nil when nobody is signed in
	Here      string       // path of the section, so that the menu marks it
	Address   string       // of this page, for coming back to it
	Sections  []*entity.Entity
	Languages []language
	Notice    string
	RequestID string
	Unread    int64 // notices

	say  *locale.Locale
	zone *time.Location
}

// menuPlace is what the menu leads to beside the sections; on a telephone it stands
// under "more".
type menuPlace struct {
	Path, Name, Icon string
	Apart            bool // the first of another sort
	needs            access.Action
}

var places = []menuPlace{
	{Path: "/imports", Name: "ui.imports", Icon: "file-import", Apart: true, needs: access.SeeImports},
	{Path: "/history", Name: "ui.history", Icon: "history", needs: access.SeeAllImports},
	{Path: "/employees", Name: "ui.employees", Icon: "users", needs: access.ManageEmployees},
}

// Places are those of places that make sense for this person.
func (f frame) Places() []menuPlace {
	if len(f.Sections) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(places), func(p menuPlace) bool { return !f.User.May(p.needs) })
}

type language struct {
	Tag, Name string
	Current   bool
}

func (v *visit) frame(title string) frame {
	f := frame{
		Title: title, Address: v.r.URL.RequestURI(), RequestID: v.id, say: v.say, zone: v.zone,
		Notice: v.sessions().PopString(v.r.Context(), sessionNotice),
	}
	if v.r.Method != http.MethodGet {
		f.Address = v.r.URL.Path
	}
	f.Here = "/" + strings.SplitN(strings.TrimPrefix(v.r.URL.Path, "/"), "/", 2)[0]
	for _, tag := range v.s.locales.Languages() {
		f.Languages = append(f.Languages, language{tag, v.s.locales.Get(tag).T("language.name"), tag == v.say.Tag()})
	}
	if v.signedIn {
		f.User = &v.who
		if !v.who.MustChangePassword {
			f.Unread = v.unread()
			f.Sections = v.catalog().Entities
		}
	}
	return f
}

// unread counts the person's notices for the bell. A page is not refused for want
// of this number.
func (v *visit) unread() int64 {
	n, err := v.s.notify.Unread(v.r.Context(), v.who)
	if err != nil && v.r.Context().Err() == nil {
		v.s.log.ErrorContext(v.r.Context(), "unread notices not counted", "request", v.id, "error", err)
	}
	return n
}

// May tells the templates which buttons make sense for this person. The routes
// ask again.
func (f frame) May(action string) bool { return f.User != nil && f.User.May(access.Action(action)) }

// When writes an instant in the person's time zone.
func (f frame) When(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return f.say.DateTime(at, f.zone)
}

// ISO is an instant for machines.
func (f frame) ISO(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// render writes a page. It is made in memory first, so that a page that cannot
// be made never goes out as half a page.
func (v *visit) render(status int, name string, page any) {
	set := v.s.pages.sets[v.say.Tag()][name]
	var out bytes.Buffer
	if err := set.ExecuteTemplate(&out, "layout", page); err != nil {
		if name == "error" {
			v.s.log.ErrorContext(v.r.Context(), "the error page cannot be made", "request", v.id, "error", err)
			v.w.WriteHeader(status)
			return
		}
		v.fail(fmt.Errorf("make page %s: %w", name, err))
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	if _, err := out.WriteTo(v.w); err != nil {
		v.s.log.DebugContext(v.r.Context(), "page not delivered", "request", v.id, "error", err)
	}
}

// show writes a page in the ordinary way.
func (v *visit) show(name string, page any) error {
	v.render(200, name, page)
	return nil
}
