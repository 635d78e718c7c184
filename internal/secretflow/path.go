// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package secretflow

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Store is what the path of a key depends on.
type Store struct {
	// Vault says that the store leads to a server with the API of Vault.
	Vault bool
	// Path is spec.provider.vault.path: the mount; it may be empty.
	Path string
	// V1 says that the mount is KV version 1.
	V1 bool
}

// Reference is a key in a store.
type Reference struct {
	StoreKind, StoreName string
	Key                  string
	// Find says that keys are searched for: which ones, only the server knows.
	Find bool
}

// Path is a secret of a KV mount.
type Path struct{ Mount, Key string }

// ID is a short name of the path that tells nothing about it: the paths of secrets
// are secrets' names. It is stable, so that rows of different exporters meet.
func (p Path) ID() string {
	sum := sha256.Sum256([]byte(p.Mount + "\x00" + p.Key))
	return hex.EncodeToString(sum[:8])
}

// Why a reference leads nowhere that is known; values of the reason label.
const (
	reasonFind         = "find"          // keys are searched for
	reasonStoreMissing = "store_missing" // or not looked at yet
	reasonProvider     = "provider"      // the store leads elsewhere
)

// resolve says where External Secrets Operator looks for a key. It puts the path of
// the store in front of the key unless it is there already, and data behind the
// mount; without a path, what stands before /data/ is the mount, or else the first
// part of the key (pkg/provider/vault, buildPath).
func resolve(r Reference, store *Store) (p Path, why string) {
	switch {
	case r.Find:
		return p, reasonFind
	case store == nil:
		return p, reasonStoreMissing
	case !store.Vault:
		return p, reasonProvider
	}
	key := r.Key
	if mount := store.Path; mount != "" {
		if rest, ok := strings.CutPrefix(key, mount+"/"); ok {
			key = rest
			if !store.V1 {
				key = strings.TrimPrefix(key, "data/")
			}
		}
		return Path{Mount: mount, Key: key}, ""
	}
	if mount, rest, ok := strings.Cut(key, "/data/"); ok && !store.V1 {
		return Path{Mount: mount, Key: rest}, ""
	}
	mount, rest, _ := strings.Cut(key, "/")
	return Path{Mount: mount, Key: rest}, ""
}
