package web

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"nadel/internal/entity"
)

// TestMapStory: filter, map, group, point, card, in Russian, without a tile server.
func TestMapStory(t *testing.T) {
	s := newSite(t)
	ivanov := s.employee("ivanov", entity.FieldStaff)
	company := s.company("Сеть «Берёзка»", ivanov.EmployeeID)
	for n := range 12 {
		s.place(company, fmt.Sprintf("Минск, ул. Немига, %d", n+1), fmt.Sprintf("53.9%d", n/4), fmt.Sprintf("27.5%d", n%4*2), ivanov.EmployeeID)
	}
	s.place(company, "Брест, ул. Советская, 5", "52.09", "23.69", ivanov.EmployeeID)
	s.place(company, "Склад без точки", "", "")

	b := s.window("ru")
	b.signIn("admin")
	b.open("/locations")
	const place = `JSON.stringify(document.querySelector("nav.ways").getBoundingClientRect())`
	b.until("the switch to stand as itself on the list", `getComputedStyle(document.querySelector("nav.ways")).margin === "0px" && (sessionStorage.place = `+place+`) !== ""`)
	b.press("Карта")
	b.says(".map-note", "На карте 13 записей.", "1 без координат")
	b.until("the switch to stay where it was", `sessionStorage.place === `+place)
	b.until("a group and a point", `document.querySelectorAll(".map-mark.group").length === 1 && document.querySelectorAll(".map-mark.point").length === 1`)
	b.accessible("the map")
	b.enter("#q", "Немига")
	b.says("#list-count", "12 локаций")
	b.until("only the group's own", `document.querySelectorAll(".map-mark.point").length > 1`)
	b.open("/locations/map")
	b.until("the group", `document.querySelector(".map-mark.group button")?.textContent === "12"`)
	b.click(".map-mark.group button")
	b.until("the view in the address", `location.hash.startsWith("#map=")`)
	b.until("the points of the group", `document.querySelectorAll(".map-mark.point").length === 12 && document.querySelectorAll("path.radius").length > 0`)
	b.until("a point with the focus", `(() => {
		const point = document.querySelector('.map-mark.point button[title$="Немига, 3"]');
		point?.focus();
		return document.activeElement === point;
	})()`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.says("[data-panel] h2", "Минск, ул. Немига, 3")
	b.says("[data-panel]", "Сеть «Берёзка»", "Имя ivanov", "Радиус", "250")
	b.until("the radius of the chosen one", `document.querySelectorAll("path.radius.chosen").length === 1`)
	b.accessible("the map with a point chosen")
	b.press("Открыть карточку")
	b.says("h1", "Минск, ул. Немига, 3")
	b.until("the card's map", `document.querySelector("[data-map]")?.dataset.drawn === "1"`)
	b.press("Сеть «Берёзка»")
	b.until("the company's map", `document.querySelector("[data-map]")?.dataset.drawn > 0`)
	b.accessible("the company's card with its map")
	wantQuiet(t, b, "the map")
}
