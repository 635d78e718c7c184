// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package secretflow

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
)

// Store has the settings of a store that determine the path of a key.
type Store struct {
	// Vault reports whether the server of the store has the API of Vault.
	Vault bool
	// Backend identifies that server: an OpenBao, or its address.
	Backend string
	// Path is spec.provider.vault.path: the mount; it may be empty.
	Path string
	// V1 reports whether the mount is KV version 1.
	V1 bool
	// Namespace reports whether the store uses a namespace of OpenBao.
	Namespace bool
}

// Reference is a key in a store.
type Reference struct {
	StoreKind, StoreName string
	Key                  string
	// Find reports whether keys are searched, so that only the server can resolve them.
	Find bool
}

// Path is a secret of a KV mount of a server: an OpenBao, or its address.
type Path struct{ Backend, Mount, Key string }

// labels returns the labels that all rows about the path share. They are empty if there is no path.
func (p Path) labels() []string {
	if p == (Path{}) {
		return []string{"", "", ""}
	}
	return []string{p.Backend, p.Mount, p.ID()}
}

// ID returns a hash of the path, because paths are names of secrets. It is stable, so that rows of different exporters
// match.
func (p Path) ID() string {
	sum := sha256.Sum256([]byte(p.Mount + "\x00" + p.Key))
	return hex.EncodeToString(sum[:8])
}

// Why a reference leads nowhere that is known; values of the reason label.
const (
	reasonFind         = "find"          // keys are searched for
	reasonStoreMissing = "store_missing" // or may not be read, or was not looked at yet
	reasonProvider     = "provider"      // the store leads elsewhere
	reasonNamespace    = "namespace"     // the store leads to a namespace of OpenBao
	reasonKey          = "key"           // it is no path in a mount
)

// resolve returns the path that External Secrets Operator reads for a key.
func resolve(r Reference, store *Store) (p Path, why string) {
	switch {
	case r.Find:
		return p, reasonFind
	case store == nil:
		return p, reasonStoreMissing
	case !store.Vault:
		return p, reasonProvider
	case store.Namespace:
		return p, reasonNamespace
	}
	// The operator's client cleans paths, too.
	mount, full := cleanPath(store.Path), cleanPath(buildPath(r.Key, store))
	switch {
	case mount != "" && store.V1:
		p = Path{Mount: mount, Key: strings.TrimPrefix(full, mount+"/")}
	case mount != "":
		p = Path{Mount: mount, Key: strings.TrimPrefix(full, mount+"/data/")}
	case store.V1:
		p.Mount, p.Key, _ = strings.Cut(full, "/")
	default:
		p.Mount, p.Key, _ = strings.Cut(full, "/data/")
	}
	if p.Mount == "" || p.Key == "" || p.Key == full {
		return Path{}, reasonKey
	}
	p.Backend = store.Backend
	return p, ""
}

// buildPath follows the function of that name in the operator's provider for Vault:
// it puts the path of the store in front of the key unless it is there already, and
// data behind the mount. Without a path, the first part of the key is the mount,
// unless there is a /data/ somewhere.
func buildPath(key string, store *Store) string {
	if mount := store.Path; mount != "" {
		if rest, ok := strings.CutPrefix(key, mount+"/"); ok {
			key = rest
			if !store.V1 {
				key = strings.TrimPrefix(key, "data/")
			}
		}
		if store.V1 {
			return mount + "/" + key
		}
		return mount + "/data/" + key
	}
	if store.V1 || strings.Contains(key, "/data/") {
		return key
	}
	mount, rest, _ := strings.Cut(key, "/")
	return mount + "/data/" + rest
}

func cleanPath(p string) string { return strings.Trim(path.Clean("/"+p), "/") }
