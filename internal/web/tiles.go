package web

import (
	"net/url"
	"regexp"
	"strings"

	"nadel/internal/fault"
)

// Tiles is the server of the pictures that a map is drawn on; the zero value is
// none, and then maps have a plain ground.
type Tiles struct {
	Template string // https://host/{z}/{x}/{y}.png
	Origin   string // scheme and host, which the pages' policy lets pictures come from
	Credit   string // whose pictures they are
}

var (
	placeholder = regexp.MustCompile(`\{[^{}]*\}`)
	plainHost   = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)
)

// ParseTiles reads the address of a tile server. Its host goes into a header, so
// it must be nothing but a host.
func ParseTiles(template, credit string) (Tiles, error) {
	if template == "" {
		return Tiles{}, nil
	}
	refused := func(key string) (Tiles, error) {
		return Tiles{}, fault.New(fault.Usage, key, "value", template)
	}
	found := map[string]int{}
	for _, word := range placeholder.FindAllString(template, -1) {
		found[word]++
	}
	if len(found) != 3 || found["{z}"] != 1 || found["{x}"] != 1 || found["{y}"] != 1 {
		return refused("error.tiles_placeholders")
	}
	u, err := url.Parse(placeholder.ReplaceAllString(template, "0"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" || !plainHost.MatchString(u.Host) {
		return refused("error.tiles_address")
	}
	origin := u.Scheme + "://" + u.Host
	if !strings.HasPrefix(template, origin+"/") { // a placeholder stands in the host
		return refused("error.tiles_address")
	}
	return Tiles{Template: template, Origin: origin, Credit: strings.TrimSpace(credit)}, nil
}
