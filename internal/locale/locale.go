// Package locale speaks to people in their language: messages with plurals,
// numbers, dates, the names of fields. Everything that differs between
// languages, formats included, is in one file per language (ru.toml, be.toml,
// en.toml); to add one, write its file and add its line to languages. The
// package knows the vocabulary of faults and entities and nothing of pages,
// files or storage.
package locale

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"nadel/internal/entity"
)

// languages in the order in which people are offered them. The first one is
// what the program speaks when it is not told otherwise.
var languages = []string{
	"ru",
	"be",
	"en",
}

//go:embed *.toml
var files embed.FS

// Set is all languages of the program.
type Set struct {
	locales map[string]*Locale
}

// Locale is one language. It may be used by many goroutines at once.
type Locale struct {
	tag       string
	localizer *i18n.Localizer
	messages  map[string]message
	format    format
	own       map[string]string // how a workspace calls the fields that it has declared for itself
}

// message is what has to be known of a message before it is filled in.
type message struct {
	text   string   // the text itself, when there is nothing to fill in
	plural bool     // the argument count chooses the form
	needs  []string // names of the placeholders, sorted
}

// Load reads the message files that are built into the program. It fails only
// when one of them is broken, which the tests would have noticed.
func Load() (*Set, error) {
	bundle := i18n.NewBundle(language.Make(languages[0]))
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	s := &Set{locales: make(map[string]*Locale, len(languages))}
	for _, tag := range languages {
		file, err := bundle.LoadMessageFileFS(files, tag+".toml")
		if err != nil {
			return nil, fmt.Errorf("read messages of %s: %w", tag, err)
		}
		l := &Locale{tag: tag, localizer: i18n.NewLocalizer(bundle, tag), messages: make(map[string]message, len(file.Messages))}
		for _, m := range file.Messages {
			l.messages[m.ID] = understand(m)
		}
		l.format = l.readFormat()
		s.locales[tag] = l
	}
	return s, nil
}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func understand(m *i18n.Message) message {
	forms := []string{m.Zero, m.One, m.Two, m.Few, m.Many, m.Other}
	names := map[string]bool{}
	for _, form := range forms {
		for _, found := range placeholder.FindAllStringSubmatch(form, -1) {
			names[found[1]] = true
		}
	}
	known := message{
		plural: m.Zero+m.One+m.Two+m.Few+m.Many != "",
		needs:  slices.Sorted(maps.Keys(names)),
	}
	if !known.plural && len(known.needs) == 0 {
		known.text = m.Other
	}
	return known
}

// Languages lists the tags of the languages, the default one first.
func (s *Set) Languages() []string { return slices.Clone(languages) }

// Get finds a language by its tag; for an unknown or empty tag it is the
// default one.
func (s *Set) Get(tag string) *Locale {
	if l, ok := s.locales[tag]; ok {
		return l
	}
	return s.locales[languages[0]]
}

// With is the language as a workspace speaks it: it knows what the fields are
// called that the workspace has declared for itself.
func (l *Locale) With(c *entity.Catalog) *Locale {
	if c == nil {
		return l
	}
	own := *l
	own.own = c.Headings()
	return &own
}

// Tag is the language's tag, such as "ru".
func (l *Locale) Tag() string { return l.tag }

// Keys lists, sorted, the keys of the messages that begin with prefix.
func (l *Locale) Keys(prefix string) []string {
	var keys []string
	for key := range l.messages {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Has tells whether there is a message with this key.
func (l *Locale) Has(key string) bool {
	_, ok := l.messages[key]
	return ok
}

// T is the message with this key. args are pairs: name, value, name, value. An
// argument named "count" chooses the plural form. Whole numbers are written in
// groups of three digits, except those that say which one and not how many (see
// ordinals); names of entities, roles, states and fields are written as
// the language calls them (see vocabulary).
//
// A key that does not exist, or an argument left out, is a programmer's
// mistake: in tests it panics, in production the key or the bare message shows.
func (l *Locale) T(key string, args ...any) string {
	if len(args) == 0 {
		return l.fill(key, nil)
	}
	return l.fill(key, pairs(key, args))
}

func pairs(key string, args []any) map[string]any {
	if len(args)%2 != 0 {
		mistake("message %q: arguments come in pairs", key)
		args = args[:len(args)-1]
	}
	named := make(map[string]any, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			mistake("message %q: %v is not the name of an argument", key, args[i])
			continue
		}
		named[name] = args[i+1]
	}
	return named
}

func (l *Locale) fill(key string, args map[string]any) string {
	m, ok := l.messages[key]
	if !ok {
		mistake("there is no message %q in %s", key, l.tag)
		return key
	}
	if !m.plural && len(m.needs) == 0 {
		return m.text
	}
	c := &i18n.LocalizeConfig{MessageID: key, TemplateData: l.words(key, m, args)}
	if count, ok := whole(args["count"]); ok && m.plural {
		c.PluralCount = max(count, -count)
	}
	text, err := l.localizer.Localize(c)
	if err != nil {
		mistake("message %q in %s: %v", key, l.tag, err)
		if text == "" {
			return key
		}
	}
	return text
}

// words are the arguments as the message will show them.
func (l *Locale) words(key string, m message, args map[string]any) map[string]string {
	shown := make(map[string]string, len(m.needs))
	for _, name := range m.needs {
		value, given := args[name]
		if !given {
			mistake("message %q needs the argument %q", key, name)
		}
		shown[name] = l.word(name, value, args)
	}
	return shown
}

// mistake stops a test; whoever uses the program is better served by a bare key
// than by a broken page.
func mistake(format string, args ...any) {
	if testing.Testing() {
		panic("locale: " + fmt.Sprintf(format, args...))
	}
}
