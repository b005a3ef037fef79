package web

import (
	"net/url"
	"slices"
	"strconv"
)

// pageSize is how many rows a list shows.
const pageSize = 50

// numberOrNone is the id in a filter, or one that nothing has: a filter that
// cannot be understood finds nothing rather than everything, which somebody
// would export and edit.
func numberOrNone(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return -1
	}
	return id
}

// pageAsked is the page's number from 1.
func pageAsked(asked url.Values) int64 {
	const farthest = 1 << 32
	n, err := strconv.ParseInt(asked.Get("page"), 10, 64)
	if err != nil || n < 1 || n > farthest {
		return 1
	}
	return n
}

// changed is the address of the same list with some parameters different; an
// empty value takes a parameter away. It begins again at the first page.
func changed(path string, asked url.Values, pairs ...string) string {
	next := url.Values{}
	for name, values := range asked {
		if name == "page" || name == "for" {
			continue
		}
		if values = slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" }); len(values) > 0 {
			next[name] = values
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			next.Del(pairs[i])
		} else {
			next.Set(pairs[i], pairs[i+1])
		}
	}
	if len(next) == 0 {
		return path
	}
	return path + "?" + next.Encode()
}

// pager is the way from page to page.
type pager struct {
	Page, Pages   int64
	Before, After string
	Region        string // part of the page that a partial update replaces; "" is the whole
}

func newPager(region, path string, asked url.Values, total, size int64) pager {
	p := pager{Page: pageAsked(asked), Pages: max(1, (total+size-1)/size), Region: region}
	if p.Page > 1 {
		p.Before = changed(path, asked, "page", strconv.FormatInt(min(p.Page-1, p.Pages), 10))
	}
	if p.Page < p.Pages {
		p.After = changed(path, asked, "page", strconv.FormatInt(p.Page+1, 10))
	}
	return p
}
