// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"maps"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	program = "cobaltcore-exporter"
	// user is "nonroot" of the distroless images. It is a number, so that Kubernetes can verify that it is not root.
	user = 65532
)

// options are the inputs of an image.
type options struct {
	Version, Revision string
	Time              time.Time
	Licence           string
	// Binaries are files, one for each platform. The platform is read from the binary.
	Binaries []string
}

// built is an image for several platforms, with the bills of materials that refer to it.
type built struct {
	Version string
	Index   v1.ImageIndex
	// SBOMs by platform.
	SBOMs map[string]sbom
}

// sbom is a bill of materials.
type sbom struct {
	Document []byte
	// Referrer is the artifact whose subject is the image of the platform.
	Referrer v1.Image
}

func build(o options) (built, error) {
	labels := labels(o)
	out := built{
		Version: o.Version,
		Index:   mutate.IndexMediaType(mutate.Annotations(empty.Index, labels).(v1.ImageIndex), types.OCIImageIndex),
		SBOMs:   map[string]sbom{},
	}
	files, err := baseFiles(o.Licence, o.Binaries...)
	if err != nil {
		return built{}, err
	}
	base, err := layer(o.Time, files...)
	if err != nil {
		return built{}, err
	}
	for _, file := range o.Binaries {
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			return built{}, fmt.Errorf("%s is not a program of Go: %w", file, err)
		}
		platform, err := platformOf(info)
		if err != nil {
			return built{}, fmt.Errorf("%s: %w", file, err)
		}
		if _, twice := out.SBOMs[platform.String()]; twice {
			return built{}, fmt.Errorf("%s: there is another binary for %s", file, platform)
		}
		binary, err := binaryLayer(o, file)
		if err != nil {
			return built{}, err
		}
		image, err := imageOf(o, platform, labels, base, binary)
		if err != nil {
			return built{}, fmt.Errorf("image for %s: %w", platform, err)
		}
		out.Index = mutate.AppendManifests(out.Index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
		if out.SBOMs[platform.String()], err = sbomOf(o, file, info, image); err != nil {
			return built{}, fmt.Errorf("bill of materials for %s: %w", platform, err)
		}
	}
	return out, nil
}

// platformOf returns the platform of a binary. A binary that needs a libc is refused, because it would not start.
func platformOf(info *buildinfo.BuildInfo) (v1.Platform, error) {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if settings["CGO_ENABLED"] != "0" {
		return v1.Platform{}, errors.New("built with CGO_ENABLED=" + settings["CGO_ENABLED"] + ": the image has no C library")
	}
	return v1.Platform{OS: settings["GOOS"], Architecture: settings["GOARCH"]}, nil
}

// labels returns the labels of https://specs.opencontainers.org/image-spec/annotations.
func labels(o options) map[string]string {
	const source = "https://github.com/cobaltcore-dev/" + program
	const prefix = "org.opencontainers.image."
	out := map[string]string{
		prefix + "title":         program,
		prefix + "description":   "Metrics of the management plane of a CobaltCore fleet, and its failures",
		prefix + "source":        source,
		prefix + "url":           source,
		prefix + "documentation": source + "/blob/main/README.md",
		prefix + "licenses":      "Apache-2.0",
		prefix + "vendor":        "cobaltcore-dev",
		prefix + "version":       o.Version,
		prefix + "created":       o.Time.Format(time.RFC3339),
	}
	if o.Revision != "" {
		out[prefix+"revision"] = o.Revision
	}
	return out
}

func imageOf(o options, platform v1.Platform, labels map[string]string, layers ...v1.Layer) (v1.Image, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for i, l := range layers {
		var err error
		image, err = mutate.Append(image, mutate.Addendum{Layer: l, History: v1.History{
			Created: v1.Time{Time: o.Time}, CreatedBy: "cmd/image", Comment: []string{"certificates, users, licences", program}[i],
		}})
		if err != nil {
			return nil, err
		}
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Created = v1.Time{Time: o.Time}
	config.OS, config.Architecture = platform.OS, platform.Architecture
	config.Config = v1.Config{
		User:         fmt.Sprintf("%d:%d", user, user),
		Entrypoint:   []string{"/" + program},
		WorkingDir:   "/",
		Env:          []string{"PATH=/"},
		ExposedPorts: map[string]struct{}{"9876/tcp": {}},
		Labels:       maps.Clone(labels),
	}
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return nil, err
	}
	return mutate.Annotations(image, labels).(v1.Image), nil
}
