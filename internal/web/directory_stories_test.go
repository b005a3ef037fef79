package web

import (
	"context"
	"fmt"
	"testing"

	"nadel/internal/entity"
	"nadel/internal/testkit"
)

// eachLanguage tells a story in Russian and in English. press and says take the
// words from the messages of the language.
func eachLanguage(t *testing.T, story func(s *site, b *window, say func(key string, args ...any) string)) {
	for _, language := range []string{"ru", "en"} {
		t.Run(language, func(t *testing.T) {
			s := newSite(t)
			s.atWork()
			if err := s.users.SetLanguage(context.Background(), s.admin, language); err != nil {
				t.Fatal(err)
			}
			b := s.window(language)
			b.signIn("admin")
			story(s, b, s.server.locales.Get(language).T)
			wantQuiet(t, b, "the story in "+language, "422", "409")
		})
	}
}

// confirm presses a button that asks, and then the one in the question.
func (b *window) confirm(words string) {
	b.t.Helper()
	b.press(words)
	b.see("dialog[open]")
	b.press(words)
}

// TestDirectoriesInBrowser: values are added, refused twice, renamed everywhere,
// moved, retired, merged and the merge undone.
func TestDirectoriesInBrowser(t *testing.T) {
	eachLanguage(t, func(s *site, b *window, say func(string, ...any) string) {
		minsk := testkit.Value(t, s.st, s.admin.WorkspaceID, "city", "Минск")
		c := s.record("company", map[string]string{"name": "Аптека", "city": minsk})
		b.open("/directories")
		b.accessible("the directories")
		b.press(say("directory.city"))
		b.says(".values", "Минск", say("entity.company.count", "count", 1))
		b.rewrite("#new-value", "Менск")
		b.press(say("ui.add"))
		b.says(".values", "Менск")
		b.rewrite("#new-value", "МИНСК")
		b.press(say("ui.add"))
		b.says(".alarm", say("error.value_taken", "name", "Минск"))
		b.accessible("a directory with a fault")

		b.click(`.values tr:nth-child(2) button[name=before][value="` + minsk + `"]`)
		b.until("the second value to be first", `document.querySelector(".values tbody tr .title").textContent.includes("Менск")`)
		b.click(".values tr:nth-child(2) details:first-child summary")
		b.rewrite("#name-"+minsk, "Город Минск")
		b.press(say("ui.save"))
		b.says(".values", "Город Минск")
		b.open(fmt.Sprintf("/companies/%d", c.ID))
		b.says(".facts", "Город Минск")

		b.open("/directories/city")
		b.click(".values tr:nth-child(2) details:nth-of-type(2) summary")
		b.choose("#into-"+minsk, fmt.Sprint(entity.ParseIDs(minsk)[0]+1))
		b.press(say("ui.value.merge.show"))
		b.says("h1", say("task.merge_values"))
		b.says(".decide", say("ui.decide.change", "count", 1))
		b.confirm(say("ui.import"))
		b.says(".done", say("ui.import.done", "count", 1))
		b.open(fmt.Sprintf("/companies/%d", c.ID))
		b.says(".facts", "Менск")
		b.open("/directories/city")
		b.says(".values .asleep", "Город Минск", say("ui.value.retired"))
		b.accessible("a directory")
	})
}

// TestDuplicatesInBrowser: two companies of one name and address are found,
// merged after a preview, and are two again when it is undone.
func TestDuplicatesInBrowser(t *testing.T) {
	eachLanguage(t, func(s *site, b *window, say func(string, ...any) string) {
		var ids []int64
		for _, name := range []string{"Аптека", "АПТЕКА"} {
			rec, err := s.records.Create(context.Background(), s.admin, s.server.catalog.ByName("company"),
				map[string]string{"name": name, "location.address": "Минск, Немига 5"})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, rec.ID)
		}
		b.open("/companies")
		b.press(say("ui.duplicates"))
		b.says(".twins", "Аптека", "АПТЕКА", "Минск, Немига 5")
		b.accessible("the duplicates")
		b.press(say("ui.duplicates.merge"))
		b.says("h1", say("task.merge_records"))
		b.says(".decide", say("ui.decide.change", "count", 2))
		b.accessible("the preview of a merge")
		b.confirm(say("ui.import"))
		b.says(".done", say("ui.import.done", "count", 2))
		b.open(fmt.Sprintf("/companies/%d", ids[1]))
		b.says(".facts", "Аптека")
		b.says(".head .state", say("status.inactive"))
		b.open("/companies/duplicates")
		b.says("main", say("ui.duplicates.none"))
		b.open("/imports/1")
		b.press(say("ui.undo"))
		b.says(".decide", say("ui.decide.change", "count", 2))
		b.confirm(say("ui.undo.apply"))
		b.says(".done", say("ui.undo.done", "count", 2))
		b.open("/companies/duplicates")
		b.says(".twins", "Аптека", "АПТЕКА")
	})
}
