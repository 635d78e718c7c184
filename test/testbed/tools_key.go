// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// toolKeys has the keys of all tools. A process computes each once: go env takes 50 ms of CPU time, and a suite starts hundreds of
// programs.
var toolKeys = sync.OnceValue(func() map[string]func() (string, error) {
	keys := map[string]func() (string, error){}
	for name, t := range tools() {
		keys[name] = sync.OnceValues(func() (string, error) {
			dir, err := moduleDirectory(t.Module)
			if err != nil {
				return "", err
			}
			return t.key(context.Background(), dir)
		})
	}
	return keys
})

// key identifies the result of building t in the module directory dir.
func (t tool) key(ctx context.Context, dir string) (string, error) {
	version, err := t.goCommand(ctx, dir, "env", "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return "", err
	}
	recipe, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, part := range [][]byte{version, recipe, []byte(strings.Join(commonFlags(), " "))} {
		h.Write(fmt.Appendf(nil, "%d\n%s", len(part), part))
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		h.Write(fmt.Appendf(nil, "%d\n%s", len(content), content))
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// commonFlags are the build flags of every tool; no symbol tables, because they only cost link time.
func commonFlags() []string {
	return []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w"}
}
