package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// routeCase is how the walk asks one route. In paths, {id} stands for an id of
// ours; a section's routes are listed once, for all sections.
type routeCase struct {
	path           string
	form           url.Values
	file           bool   // posts a file instead of a form
	id             string // what the id in the path is: record, import, employee
	public         bool
	manager, field int // status of the answer to who has the role
}

const (
	ok     = http.StatusOK
	to     = http.StatusSeeOther
	denied = http.StatusForbidden
	empty  = http.StatusNoContent
	may    = -1 // let through, whatever the form was worth
)

var routeCases = map[string]routeCase{
	"GET /sign-in":           {path: "/sign-in", public: true, manager: to, field: to},
	"POST /sign-in":          {path: "/sign-in", form: url.Values{"login": {"nobody"}}, public: true, manager: 401, field: 401},
	"GET /set-up":            {path: "/set-up", public: true, manager: to, field: to},
	"POST /set-up":           {path: "/set-up", form: url.Values{"workspace": {"Третья"}, "login": {"third"}, "name": {"Третий"}, "password": {testPassword}}, public: true, manager: 409, field: 409},
	"POST /language":         {path: "/language", form: url.Values{"language": {"ru"}}, public: true, manager: to, field: to},
	"GET /session":           {path: "/session", manager: empty, field: empty},
	"POST /sign-out":         {path: "/sign-out", manager: to, field: to},
	"GET /profile":           {path: "/profile", manager: ok, field: ok},
	"POST /profile/password": {path: "/profile/password", form: url.Values{"old": {"не тот"}, "password": {testPassword}}, manager: 422, field: 422},
	"GET /{$}":               {path: "/", manager: to, field: to},

	"GET /settings":  {path: "/settings", manager: denied, field: denied},
	"POST /settings": {path: "/settings", form: url.Values{"name": {"Украдено"}}, manager: denied, field: denied},

	"GET /imports":                 {path: "/imports", manager: ok, field: denied},
	"GET /imports/{id}":            {path: "/imports/{id}", id: "import", manager: 404, field: denied},
	"GET /imports/{id}/file":       {path: "/imports/{id}/file", id: "import", manager: 404, field: denied},
	"GET /imports/{id}/events":     {path: "/imports/{id}/events", id: "import", manager: 404, field: denied},
	"GET /imports/{id}/report":     {path: "/imports/{id}/report", id: "import", manager: 404, field: denied},
	"GET /imports/{id}/moved":      {path: "/imports/{id}/moved?way=gains", id: "import", manager: 404, field: denied},
	"GET /imports/{id}/moved/file": {path: "/imports/{id}/moved/file?way=gains", id: "import", manager: 404, field: denied},
	"POST /imports/{id}/ask":       {path: "/imports/{id}/ask", id: "import", manager: 404, field: denied},
	"POST /imports/{id}/answer":    {path: "/imports/{id}/answer", form: url.Values{"approve": {"1"}}, id: "import", manager: denied, field: denied},
	"GET /notices":                 {path: "/notices", manager: ok, field: ok},
	"POST /notices/read":           {path: "/notices/read", manager: to, field: to},
	"GET /notices/{id}":            {path: "/notices/{id}", id: "notice", manager: 404, field: 404}, // it is the administrator's
	"POST /imports/{id}/accept":    {path: "/imports/{id}/accept", form: url.Values{"guard": {"name"}, "accept": {"1"}}, id: "import", manager: 404, field: denied},
	"POST /imports/{id}/apply":     {path: "/imports/{id}/apply", id: "import", manager: 404, field: denied},
	"POST /imports/{id}/cancel":    {path: "/imports/{id}/cancel", id: "import", manager: 404, field: denied},
	"POST /imports/{id}/sheet":     {path: "/imports/{id}/sheet", form: url.Values{"sheet": {"Лист1"}}, id: "import", manager: 404, field: denied},
	"POST /imports/{id}/undo":      {path: "/imports/{id}/undo", id: "import", manager: 404, field: denied},
	"POST /imports/{id}/mend":      {path: "/imports/{id}/mend", form: url.Values{"field": {"responsibles"}, "value": {"petrvo"}, "with": {"petrov"}}, id: "import", manager: 404, field: denied},
	"POST /imports/{id}/unmend":    {path: "/imports/{id}/unmend", form: url.Values{"mending": {"1"}}, id: "import", manager: 404, field: denied},
	"POST /imports/{id}/choose":    {path: "/imports/{id}/choose", form: url.Values{"choice": {"theirs"}}, id: "import", manager: 404, field: denied},
	"POST /imports/{id}/extend":    {path: "/imports/{id}/extend", form: url.Values{"on": {"1"}}, id: "import", manager: 404, field: denied},
	"GET /mendings":                {path: "/mendings", manager: denied, field: denied},
	"POST /mendings/forget":        {path: "/mendings/forget", form: url.Values{"id": {"{foreign}"}}, manager: denied, field: denied},
	"GET /history":                 {path: "/history?concern=lost&field=status", manager: denied, field: denied},

	"GET /employees":                {path: "/employees", manager: denied, field: denied},
	"GET /employees/new":            {path: "/employees/new", manager: denied, field: denied},
	"POST /employees/new":           {path: "/employees/new", form: url.Values{"login": {"spy"}, "name": {"Шпион"}, "role": {"administrator"}}, manager: denied, field: denied},
	"GET /employees/{id}":           {path: "/employees/{id}", id: "employee", manager: denied, field: denied},
	"POST /employees/{id}":          {path: "/employees/{id}", form: url.Values{"version": {"1"}, "login": {"spy"}, "name": {"Шпион"}, "role": {"field"}}, id: "employee", manager: denied, field: denied},
	"POST /employees/{id}/password": {path: "/employees/{id}/password", id: "employee", manager: denied, field: denied},
	"POST /employees/{id}/active":   {path: "/employees/{id}/active", id: "employee", manager: denied, field: denied},

	"GET /employees/{id}/export":     {path: "/employees/{id}/export", id: "employee", manager: denied, field: denied},
	"POST /employees/{id}/hand-over": {path: "/employees/{id}/hand-over", form: url.Values{"into": {"1"}}, id: "employee", manager: denied, field: denied},

	"GET /groups":            {path: "/groups", manager: denied, field: denied},
	"POST /groups":           {path: "/groups", form: url.Values{"name": {"Чужаки"}}, manager: denied, field: denied},
	"GET /groups/{id}":       {path: "/groups/{id}", id: "group", manager: denied, field: denied},
	"POST /groups/{id}":      {path: "/groups/{id}", form: url.Values{"name": {"Чужаки"}}, id: "group", manager: denied, field: denied},
	"POST /groups/{id}/drop": {path: "/groups/{id}/drop", id: "group", manager: denied, field: denied},
	"GET /rights":            {path: "/rights", manager: ok, field: ok},

	"GET /directories":                    {path: "/directories", manager: denied, field: denied},
	"GET /directories/{name}":             {path: "/directories/city", manager: denied, field: denied},
	"POST /directories/{name}":            {path: "/directories/city", form: url.Values{"name": {"Нигде"}}, manager: denied, field: denied},
	"POST /directories/{name}/{id}":       {path: "/directories/city/{id}", form: url.Values{"do": {"rename"}, "name": {"Нигде"}}, id: "value", manager: denied, field: denied},
	"POST /directories/{name}/{id}/merge": {path: "/directories/city/{id}/merge", form: url.Values{"into": {"2"}}, id: "value", manager: denied, field: denied},

	"GET /fields":              {path: "/fields", manager: denied, field: denied},
	"GET /fields/{kind}":       {path: "/fields/companies", manager: denied, field: denied},
	"POST /fields/{kind}":      {path: "/fields/companies", form: url.Values{"heading": {"Тариф"}, "kind": {"number"}}, manager: denied, field: denied},
	"POST /fields/{kind}/{id}": {path: "/fields/companies/{id}", form: url.Values{"do": {"retire"}}, id: "own", manager: denied, field: denied},

	"GET /{section}/duplicates":         {path: "/{section}/duplicates", manager: denied, field: denied},
	"POST /{section}/duplicates":        {path: "/{section}/duplicates", form: url.Values{"from": {"1"}, "into": {"2"}}, manager: denied, field: denied},
	"GET /{section}":                    {path: "/{section}", manager: ok, field: ok},
	"POST /{section}/export":            {path: "/{section}/export", form: url.Values{"ids": {"1,2"}, "for": {"edit"}}, manager: ok, field: denied},
	"POST /{section}/select":            {path: "/{section}/select", form: url.Values{"everything": {"1"}}, manager: may, field: denied},
	"POST /{section}/change":            {path: "/{section}/change", form: url.Values{"everything": {"1"}, "what": {"deactivate"}}, manager: may, field: denied},
	"POST /{section}/columns":           {path: "/{section}/columns", form: url.Values{"column": {"id", "name"}}, manager: to, field: to},
	"POST /{section}/views":             {path: "/{section}/views", form: url.Values{"name": {"Вид"}, "query": {"status=active"}}, manager: to, field: to},
	"POST /{section}/views/{id}/change": {path: "/{section}/views/{id}/change", form: url.Values{"do": {"drop"}}, id: "view", manager: 404, field: 404}, // it is the administrator's
	"GET /{section}/map":                {path: "/{section}/map", manager: ok, field: ok},
	"GET /{section}/map/points":         {path: "/{section}/map/points?box=20,50,35,57&zoom=5", manager: ok, field: ok},
	"GET /{section}/map/spot":           {path: "/{section}/map/spot?box=20,50,35,57", manager: ok, field: ok},
	"GET /{section}/{id}/point":         {path: "/{section}/{id}/point", id: "record", manager: ok, field: ok},
	"GET /{section}/lookup":             {path: "/{section}/lookup?q=а", manager: ok, field: ok},
	"GET /{section}/as-of":              {path: "/{section}/as-of?date=2026-03-31", manager: ok, field: denied},
	"GET /{section}/as-of/file":         {path: "/{section}/as-of/file?date=2026-03-31", manager: ok, field: denied},
	"GET /{section}/export":             {path: "/{section}/export?for=edit", manager: ok, field: denied},
	"GET /{section}/template":           {path: "/{section}/template", manager: ok, field: denied},
	"GET /{section}/import":             {path: "/{section}/import", manager: ok, field: denied},
	"POST /{section}/import":            {path: "/{section}/import", file: true, manager: may, field: denied},
	"GET /{section}/new":                {path: "/{section}/new", manager: ok, field: denied},
	"POST /{section}/new":               {path: "/{section}/new", form: url.Values{"name": {"Подброшено"}, "company": {"1"}, "address": {"x"}, "radius": {"5"}, "location.address": {"x"}, "location.radius": {"5"}}, manager: may, field: denied},
	"GET /{section}/{id}":               {path: "/{section}/{id}", id: "record", manager: ok, field: ok},
	"GET /{section}/{id}/edit":          {path: "/{section}/{id}/edit", id: "record", manager: ok, field: denied},
	"POST /{section}/{id}/edit":         {path: "/{section}/{id}/edit", form: url.Values{"version": {"1"}, "name": {"Украдено"}}, id: "record", manager: may, field: denied},
	"POST /{section}/{id}/status":       {path: "/{section}/{id}/status", form: url.Values{"version": {"1"}, "status": {""}}, id: "record", manager: may, field: denied},
}

// walk is one line of the table made ready for asking.
type walk struct {
	routeCase
	route
	name    string
	section *entity.Entity
}

// walks pairs the table with the cases, and fails when either has what the
// other lacks: nobody adds a route without saying who may use it.
func (s *site) walks(t *testing.T) []walk {
	t.Helper()
	asked := map[string]bool{}
	var list []walk
	for _, r := range s.server.routes() {
		name, section := r.method+" "+r.pattern, (*entity.Entity)(nil)
		for _, e := range s.server.catalog.Entities {
			if p := r.pattern + "/"; strings.HasPrefix(p, "/"+e.Path+"/") {
				name, section = r.method+" /{section}"+strings.TrimPrefix(r.pattern, "/"+e.Path), e
			}
		}
		c, known := routeCases[name]
		if !known {
			t.Errorf("the route %s %s has no case in the walk", r.method, r.pattern)
			continue
		}
		if c.public != r.public {
			t.Errorf("the route %s %s is public: %v; its case says %v", r.method, r.pattern, r.public, c.public)
		}
		asked[name] = true
		list = append(list, walk{c, r, r.method + " " + r.pattern, section})
	}
	for name := range routeCases {
		if !asked[name] {
			t.Errorf("the case %s has no route", name)
		}
	}
	return list
}

// ask puts an id into the path and sends.
func (w walk) ask(t *testing.T, v *visitor, id string, header http.Header) answer {
	t.Helper()
	path := strings.ReplaceAll(w.path, "{id}", id)
	if w.section != nil {
		path = strings.ReplaceAll(path, "{section}", w.section.Path)
	}
	var body io.Reader
	if header == nil {
		header = http.Header{}
	}
	switch {
	case w.file:
		file, kind := multipartFile(t, "правки.csv", "ID;Статус\n1;Деактивировать\n")
		body = file
		header.Set("Content-Type", kind)
	case w.method == "POST":
		body = strings.NewReader(w.form.Encode())
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.send(w.method, path, body, header)
}

// ours are ids of «Наша»: what the walk tries to reach.
type ours map[string]string

func (s *site) fill(t *testing.T) (map[string]*entity.Record, ours) {
	t.Helper()
	company := s.company("Первая")
	text := fmt.Sprint(company.ID)
	recs := map[string]*entity.Record{"company": company}
	recs["location"] = s.record("location", map[string]string{"company": text, "address": "Минск, ул. Первая, 1"})
	recs["asset"] = s.record("asset", map[string]string{"company": text, "name": "Касса"})
	recs["contact"] = s.record("contact", map[string]string{"company": text, "name": "Иван"})
	i := s.plan("ID;Статус\n" + text + ";Деактивировать\n")
	e := s.employee("victim", entity.FieldStaff)
	notice := plan.Notice{EmployeeID: s.admin.EmployeeID, Kind: plan.Digest, ImportID: i.ID, Args: map[string]any{"received": 1}}
	testkit.Write(t, s.st, s.admin.WorkspaceID, func(tx *store.Tx) error {
		notices := []plan.Notice{notice}
		err := tx.AddNotices(notices)
		notice = notices[0]
		return err
	})
	group, err := s.users.AddGroup(t.Context(), s.admin, "Минск")
	if err != nil {
		t.Fatal(err)
	}
	value := testkit.Value(t, s.st, s.admin.WorkspaceID, "city", "Минск")
	all := ours{"import": fmt.Sprint(i.ID), "employee": fmt.Sprint(e.EmployeeID), "group": fmt.Sprint(group), "value": value, "notice": fmt.Sprint(notice.ID)}
	own := testkit.OwnFields(t, s.st, s.admin.WorkspaceID, "company")[entity.OwnDate]
	all["own"] = fmt.Sprint(own.ID)
	for _, e := range s.server.catalog.Entities {
		view, err := s.records.SaveView(t.Context(), s.admin, e, entity.View{Name: "Своё", Query: "status=active"})
		if err != nil {
			t.Fatal(err)
		}
		all["view "+e.Name] = fmt.Sprint(view.ID)
	}
	return recs, all
}

func (w walk) ourID(recs map[string]*entity.Record, ids ours) string {
	if w.id == "view" {
		return ids["view "+w.section.Name]
	}
	if w.id == "record" {
		return fmt.Sprint(recs[w.section.Name].ID)
	}
	return ids[w.id]
}

func TestNobodyWithoutSession(t *testing.T) {
	s := newSite(t)
	recs, ids := s.fill(t)
	for _, w := range s.walks(t) {
		if w.routeCase.public {
			continue
		}
		a := w.ask(t, s.visitor(), w.ourID(recs, ids), nil)
		want := http.StatusUnauthorized
		if w.method == "GET" {
			want = to
		}
		if a.status != want || w.method == "GET" && !strings.HasPrefix(a.header.Get("Location"), "/sign-in") {
			t.Errorf("%s without a session: %s", w.name, a)
		}
		if a := w.ask(t, s.visitor(), w.ourID(recs, ids), http.Header{"Accept": {"application/json"}}); a.status != http.StatusUnauthorized {
			t.Errorf("%s by script without a session: %s", w.name, a)
		}
	}
}

func TestRights(t *testing.T) {
	s := newSite(t)
	recs, ids := s.fill(t)
	s.employee("leader", entity.Manager)
	s.employee("worker", entity.FieldStaff)
	s.administratorAsks(t, "GET", recs, ids, ok, to, empty)
	for _, role := range []string{"leader", "worker"} {
		for _, w := range s.walks(t) {
			v := s.signedIn("Наша", role) // anew: one of the routes signs out
			want := w.field
			if role == "leader" {
				want = w.manager
			}
			a := w.ask(t, v, w.ourID(recs, ids), nil)
			through := a.status < 500 && a.status != denied && a.status != http.StatusUnauthorized && a.status != http.StatusNotFound
			if want == may && !through || want != may && a.status != want {
				t.Errorf("%s as %s: %s; want %d", w.name, role, a, want)
			}
			// what /rights shows is what the routes do
			has := w.needs == "" || access.Has(entity.Role(map[string]string{"leader": "manager", "worker": "field"}[role]), w.needs)
			if has == (a.status == denied) {
				t.Errorf("%s as %s needs %q, which the role has: %v; the answer is %d", w.name, role, w.needs, has, a.status)
			}
		}
	}
	s.administratorAsks(t, "POST", recs, ids, ok, to, empty, http.StatusCreated, http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity)
}

// administratorAsks walks the routes of a method as who may use all of them. What
// he posts may be refused in words, but no route breaks down.
func (s *site) administratorAsks(t *testing.T, method string, recs map[string]*entity.Record, ids ours, good ...int) {
	t.Helper()
	v := s.signedIn("Наша", "admin")
	for _, w := range s.walks(t) {
		if w.method != method {
			continue
		}
		if a := w.ask(t, v, w.ourID(recs, ids), nil); !slices.Contains(good, a.status) {
			t.Errorf("%s as the administrator: %s; want one of %v", w.name, a, good)
		}
		if w.pattern == "/sign-out" {
			v = s.signedIn("Наша", "admin")
		}
	}
}

// A foreign id answers exactly as one that does not exist, and as no id at all.
func TestForeignIsAbsent(t *testing.T) {
	s := newSite(t)
	recs, ids := s.fill(t)
	s.addForeign()
	v := s.signedIn("Чужая", "admin")
	for _, w := range s.walks(t) {
		if w.id == "" {
			continue
		}
		foreign := w.ask(t, v, w.ourID(recs, ids), nil)
		absent := w.ask(t, v, "999999", nil)
		if foreign.status != http.StatusNotFound {
			t.Errorf("%s with a foreign id: %s", w.name, foreign)
		}
		if a, b := foreign.withoutNumbers(), absent.withoutNumbers(); a != b {
			t.Errorf("%s tells a foreign id from an absent one:\n%s\n%s", w.name, a, b)
		}
		for _, bad := range []string{"0", "-1", "01", "1e3", "9223372036854775808", "x", "%00", "1%2F2"} {
			if a := w.ask(t, v, bad, nil); a.status != http.StatusNotFound {
				t.Errorf("%s with the id %q: %s", w.name, bad, a)
			}
		}
	}
}

var digits = regexp.MustCompile(`[0-9]+`)

// withoutNumbers is an answer apart from the id asked for and the request's own.
func (a answer) withoutNumbers() string {
	body := strings.ReplaceAll(a.body, a.header.Get("X-Request-Id"), "")
	return fmt.Sprint(a.status, a.header.Get("Content-Type"), digits.ReplaceAllString(body, "N"))
}

func TestCrossSiteChangesNothing(t *testing.T) {
	s := newSite(t)
	recs, ids := s.fill(t)
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}},
		{"Sec-Fetch-Site": {"same-site"}},
		{"Origin": {"https://evil.example"}},
	} {
		v := s.signedIn("Наша", "admin")
		for _, w := range s.walks(t) {
			if w.method == "GET" {
				continue
			}
			if a := w.ask(t, v, w.ourID(recs, ids), header.Clone()); a.status != denied {
				t.Errorf("%s from another site (%v): %s", w.name, header, a)
			}
		}
		if a := v.get("/session"); a.status != empty {
			t.Errorf("another site ended the session: %s", a)
		}
	}
	for kind, rec := range recs {
		now, err := s.records.Get(t.Context(), s.admin, rec.Entity, rec.ID)
		if err != nil || now.Version != rec.Version {
			t.Errorf("another site changed the %s: version %d, was %d (%v)", kind, now.Version, rec.Version, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Secure = true })
	a := s.visitor().get("/sign-in")
	for name, want := range map[string]string{
		"Content-Security-Policy": policy(Tiles{}), "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cache-Control": "no-store", "Strict-Transport-Security": "max-age=31536000",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q; want %q", name, got, want)
		}
	}
	if strings.Contains(a.body, "<script>") || strings.Contains(a.body, " style=") || strings.Contains(a.body, "<style") {
		t.Error("the page carries script or style, which its own policy forbids")
	}
	a = s.visitor().post("/sign-in", url.Values{"workspace": {"Наша"}, "login": {"admin"}, "password": {testPassword}})
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-nadel=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie %q lacks %q", cookie, part)
		}
	}
}
