package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/catalog"
	"nadel/internal/entity"
	"nadel/internal/locale"
	"nadel/internal/notify"
	"nadel/internal/plan"
	"nadel/internal/records"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

const testPassword = "крепкий орешек"

// site is the pages over a real database, with people in two workspaces.
type site struct {
	t       *testing.T
	st      *store.Store
	server  *server
	http    *httptest.Server
	users   *access.Service
	records *records.Service
	bulk    *bulk.Service
	admin   access.User  // of «Наша»
	foreign access.User  // administrator of «Чужая»
	ahead   atomic.Int64 // how far the store's clock is ahead of the real one
}

// newSite has the workspace «Наша» with an administrator, and no worker: the
// imports of a test move when the test drives them.
func newSite(t *testing.T, change ...func(*Config)) *site {
	t.Helper()
	s := emptySite(t, change...)
	var err error
	if s.admin, err = s.users.SetUp(context.Background(), "Наша", "admin", "Анна Админ", testPassword); err != nil {
		t.Fatal(err)
	}
	return s
}

// emptySite is the pages over a database that nobody has set up.
func emptySite(t *testing.T, change ...func(*Config)) *site {
	t.Helper()
	s := &site{t: t}
	st := testkit.StoreAt(t, store.Options{Now: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }})
	locales, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	s.st, s.users, s.records, s.bulk = st, access.New(st), records.New(st), bulk.New(st, locales, bulk.Options{})
	c := Config{
		Catalog: catalog.New(), Access: s.users, Records: s.records, Bulk: s.bulk, Notify: notify.New(st, locales),
		Locales: locales, Sessions: st.Sessions(),
	}
	for _, f := range change {
		f(&c)
	}
	if s.server, err = newServer(c); err != nil {
		t.Fatal(err)
	}
	s.http = httptest.NewServer(s.server.handler())
	t.Cleanup(s.http.Close)
	return s
}

// addForeign makes the workspace «Чужая», which has nothing but its administrator.
func (s *site) addForeign() {
	s.t.Helper()
	ctx := context.Background()
	once, err := s.users.AddWorkspace(ctx, "Чужая", "admin")
	if err != nil {
		s.t.Fatal(err)
	}
	s.foreign = s.settle("Чужая", "admin", once)
}

// employee makes somebody of «Наша» who has a password of his own.
func (s *site) employee(login string, role entity.Role) access.User {
	s.t.Helper()
	_, once, err := s.users.AddEmployee(context.Background(), s.admin, access.Person{Login: login, Name: "Имя " + login, Role: role})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.settle("Наша", login, once)
}

func (s *site) settle(workspace, login, once string) access.User {
	s.t.Helper()
	ctx := context.Background()
	who, err := s.users.SignIn(ctx, workspace, login, once, "test")
	if err == nil {
		who, err = s.users.ChangePassword(ctx, who, once, testPassword)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return who
}

// company makes a company of «Наша».
func (s *site) company(name string, responsibles ...int64) *entity.Record {
	return testkit.Company(s.t, s.st, s.admin.WorkspaceID, name, responsibles...)
}

// plan uploads an edit file of companies and checks it.
func (s *site) plan(csv string) *plan.Import {
	s.t.Helper()
	ctx := context.Background()
	i, err := s.bulk.Upload(ctx, s.admin, bulk.Upload{Entity: s.server.catalog.ByName("company"), Name: "правки.csv", Content: strings.NewReader(csv)})
	if err == nil {
		i, err = s.bulk.Drive(ctx, i.Workspace, i.ID, nil)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return i
}

// drive works on the import with this address until it rests.
func (s *site) drive(address string) {
	s.t.Helper()
	id, err := strconv.ParseInt(strings.TrimPrefix(address, "/imports/"), 10, 64)
	if err == nil {
		_, err = s.bulk.Drive(context.Background(), s.admin.WorkspaceID, id, nil)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// visitor is a browser without script: cookies kept, redirects not followed.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{s.t, s.http.URL, &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signedIn is a visitor who came in by the door.
func (s *site) signedIn(workspace, login string) *visitor {
	s.t.Helper()
	v := s.visitor()
	a := v.post("/sign-in", url.Values{"workspace": {workspace}, "login": {login}, "password": {testPassword}})
	if a.status != http.StatusSeeOther {
		s.t.Fatalf("%s of %s cannot sign in: %s", login, workspace, a)
	}
	return v
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) String() string {
	return fmt.Sprintf("%d to %q: %.600s", a.status, a.header.Get("Location"), a.body)
}

func (v *visitor) get(path string) answer { return v.send("GET", path, nil, nil) }

func (v *visitor) post(path string, form url.Values) answer {
	return v.send("POST", path, strings.NewReader(form.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

func (v *visitor) upload(path, name, content string) answer {
	body, kind := multipartFile(v.t, name, content)
	return v.send("POST", path, body, http.Header{"Content-Type": {kind}})
}

func multipartFile(t *testing.T, name, content string) (io.Reader, string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return &body, w.FormDataContentType()
}

func (v *visitor) send(method, path string, body io.Reader, header http.Header) answer {
	v.t.Helper()
	r, err := http.NewRequest(method, v.base+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "ru")
	for name, values := range header {
		r.Header[name] = values
	}
	response, err := v.http.Do(r)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{response.StatusCode, response.Header, string(content)}
}

// has fails the test unless the page says all of the words.
func (a answer) has(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(a.body, word) {
			t.Errorf("the page does not say %q: %s", word, a)
		}
	}
}

// record makes a record of any kind in «Наша».
func (s *site) record(kind string, values map[string]string, responsibles ...int64) *entity.Record {
	return testkit.Record(s.t, s.st, s.admin.WorkspaceID, kind, values, responsibles...)
}

// cookie is the session's token.
func (v *visitor) cookie() string {
	for _, c := range v.http.Jar.Cookies(v.url()) {
		return c.Value
	}
	return ""
}

// keep puts a token into the visitor's hands.
func (v *visitor) keep(token string) {
	v.http.Jar.SetCookies(v.url(), []*http.Cookie{{Name: "nadel", Value: token}})
}

func (v *visitor) url() *url.URL {
	u, err := url.Parse(v.base)
	if err != nil {
		v.t.Fatal(err)
	}
	return u
}
