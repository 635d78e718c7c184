// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var static embed.FS

// asset is a file that pages load. Its URL contains the hash of its content, so that browsers may cache it forever.
type asset struct {
	file, hash, kind string
	content          []byte
}

// assets are files by their name without the extension.
type assets map[string]asset

func loadAssets() (assets, error) {
	files, err := fs.ReadDir(static, "static")
	if err != nil {
		return nil, err
	}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	all := assets{}
	for _, f := range files {
		content, err := static.ReadFile("static/" + f.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		extension := path.Ext(f.Name())
		all[strings.TrimSuffix(f.Name(), extension)] = asset{f.Name(), hex.EncodeToString(sum[:8]), kinds[extension], content}
	}
	return all, nil
}

func (all assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	a, ok := all[strings.TrimSuffix(file, path.Ext(file))]
	if !ok || a.file != file {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.URL.Query().Get("v") == a.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	_, _ = w.Write(a.content)
}
