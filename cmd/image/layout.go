// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// write replaces the OCI layout in dir: the image, and the bills of materials that refer to it.
func (b built) write(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	tag := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": b.Version})
	if err := path.AppendIndex(b.Index, tag); err != nil {
		return err
	}
	for _, platform := range slices.Sorted(maps.Keys(b.SBOMs)) {
		if err := path.AppendImage(b.SBOMs[platform].Referrer); err != nil {
			return err
		}
	}
	return nil
}

// writeSBOMs writes them as files, for those who look for them beside a binary.
func (b built) writeSBOMs(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for platform, s := range b.SBOMs {
		file := filepath.Join(dir, program+"-"+strings.ReplaceAll(platform, "/", "-")+".spdx.json")
		if err := os.WriteFile(file, s.Document, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// push sends the layout to a registry, and returns the reference by digest.
func push(dir, reference string, o ...remote.Option) (string, error) {
	tag, err := name.ParseReference(reference)
	if err != nil {
		return "", err
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return "", err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return "", err
	}
	var pushed string
	for _, d := range manifest.Manifests {
		if d.MediaType.IsIndex() {
			image, err := index.ImageIndex(d.Digest)
			if err != nil {
				return "", err
			}
			if err := remote.WriteIndex(tag, image, o...); err != nil {
				return "", err
			}
			pushed = tag.Context().Digest(d.Digest.String()).String()
			continue
		}
		// A registry that does not know referrers gets them by the tag of the subject's digest.
		referrer, err := index.Image(d.Digest)
		if err != nil {
			return "", err
		}
		if err := remote.Write(tag.Context().Digest(d.Digest.String()), referrer, o...); err != nil {
			return "", err
		}
	}
	return pushed, nil
}
