// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// artifact is a manifest with one document and a subject, as the OCI image
// specification 1.1 has it ("Guidelines for Artifact Usage").
type artifact struct {
	manifest []byte
	document v1.Layer
}

const emptyJSON = types.MediaType("application/vnd.oci.empty.v1+json")

// referrerOf returns an artifact that describes an image.
func referrerOf(image v1.Image, mediaType types.MediaType, title string, document []byte) (v1.Image, error) {
	described, err := partial.Descriptor(image)
	if err != nil {
		return nil, err
	}
	// A subject is named only: its annotations and platform are in the index.
	subject := v1.Descriptor{MediaType: described.MediaType, Digest: described.Digest, Size: described.Size}
	a := artifact{document: static.NewLayer(document, mediaType)}
	digest, err := a.document.Digest()
	if err != nil {
		return nil, err
	}
	configuration, size, err := v1.SHA256(bytes.NewReader(emptyObject()))
	if err != nil {
		return nil, err
	}
	a.manifest, err = json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: string(mediaType),
		Config: v1.Descriptor{MediaType: emptyJSON, Digest: configuration, Size: size},
		Layers: []v1.Descriptor{{
			MediaType: mediaType, Digest: digest, Size: int64(len(document)),
			Annotations: map[string]string{"org.opencontainers.image.title": title},
		}},
		Subject: &subject,
	})
	if err != nil {
		return nil, err
	}
	return partial.CompressedToImage(a)
}

func emptyObject() []byte { return []byte("{}") }

// RawConfigFile implements partial.CompressedImageCore.
func (a artifact) RawConfigFile() ([]byte, error) { return emptyObject(), nil }

// MediaType implements partial.CompressedImageCore.
func (a artifact) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

// RawManifest implements partial.CompressedImageCore.
func (a artifact) RawManifest() ([]byte, error) { return a.manifest, nil }

// LayerByDigest implements partial.CompressedImageCore.
func (a artifact) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	if d, err := a.document.Digest(); err != nil || d != h {
		return nil, fmt.Errorf("no layer %s", h)
	}
	return a.document, nil
}
