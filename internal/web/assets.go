package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets/dist
var dist embed.FS

// assets is the front end as built into the program: scripts, styles, icons.
type assets struct {
	files map[string]asset
	icons map[string]string
}

type asset struct {
	kind    string // media type
	content []byte
	gzipped []byte
	hash    string
}

func loadAssets() (*assets, error) {
	a := &assets{files: map[string]asset{}, icons: map[string]string{}}
	err := fs.WalkDir(dist, "assets/dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := dist.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Base(name) == "icons.json" {
			return json.Unmarshal(content, &a.icons)
		}
		a.files[path.Base(name)], err = newAsset(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the front end: %w", err)
	}
	icon, err := newAsset("favicon.svg", []byte(favicon))
	a.files["favicon.svg"] = icon
	return a, err
}

func newAsset(name string, content []byte) (asset, error) {
	sum := sha256.Sum256(content)
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return asset{}, err
	}
	if _, err := z.Write(content); err != nil {
		return asset{}, err
	}
	if err := z.Close(); err != nil {
		return asset{}, err
	}
	return asset{
		kind:    mime.TypeByExtension(path.Ext(name)),
		content: content,
		gzipped: packed.Bytes(),
		hash:    hex.EncodeToString(sum[:6]),
	}, nil
}

func (a *assets) built() bool {
	_, ok := a.files["app.js"]
	return ok
}

// url is an asset's address with the hash of its content, so that a browser may
// keep it for ever and still gets a new one at once.
func (a *assets) url(name string) string { return "/static/" + name + "?v=" + a.files[name].hash }

// icon draws a named icon for the eye only; the words stand beside it.
func (a *assets) icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">` + a.icons[name] + `</svg>`)
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Etag", `"`+f.hash+`"`)
	if r.URL.Query().Get("v") == f.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	content := f.content
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		content = f.gzipped
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// favicon is a field shared out: the sign of the program.
const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0d7a5f"/><path d="M7 8.5h8v7H7zM17 8.5h8v11h-8zM7 17.5h8v6H7zM17 21.5h8v2h-8z" fill="#fff"/></svg>`
