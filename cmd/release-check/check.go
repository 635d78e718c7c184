// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	chartFile   = "charts/cobaltcore-exporter/Chart.yaml"
	pluginFile  = "plugin/plugindefinition.yaml"
	catalogFile = "plugin/examples/catalog.yaml"
	changelog   = "CHANGELOG.md"
)

// check compares all versions with that of the chart. It returns that version and the differences.
// binary is the version output of the binary.
func check(repository fs.FS, binary, tag string) (version string, found []error, err error) {
	var chart struct {
		Version    string
		AppVersion string `yaml:"appVersion"`
	}
	if err := decode(repository, chartFile, &chart); err != nil {
		return "", nil, err
	}
	version = chart.Version
	if !semantic.MatchString(version) {
		return "", nil, fmt.Errorf("%s: %q is no semantic version, as Helm needs it", chartFile, version)
	}
	compare := func(where, got string) {
		if got != version {
			found = append(found, fmt.Errorf("%s is %q, but the chart is %s", where, got, version))
		}
	}
	compare(chartFile+": appVersion", chart.AppVersion)

	var plugin struct {
		Spec struct {
			Version   string
			HelmChart struct{ Version string } `yaml:"helmChart"`
		}
	}
	if err := decode(repository, pluginFile, &plugin); err != nil {
		return "", nil, err
	}
	compare(pluginFile+": spec.version", plugin.Spec.Version)
	compare(pluginFile+": spec.helmChart.version", plugin.Spec.HelmChart.Version)

	var catalog struct {
		Spec struct {
			Sources []struct{ Ref struct{ Tag string } }
		}
	}
	if err := decode(repository, catalogFile, &catalog); err != nil {
		return "", nil, err
	}
	for _, s := range catalog.Spec.Sources {
		compare(catalogFile+": tag", strings.TrimPrefix(s.Ref.Tag, "v"))
	}

	text, err := fs.ReadFile(repository, changelog)
	if err != nil {
		return "", nil, err
	}
	sections := sectionsOf(string(text))
	latest, unreleased := latestOf(sections)
	compare(changelog+": the latest version", latest.version)

	is, err := versionOf(binary)
	if err != nil {
		return "", nil, err
	}
	if tag == "" {
		// The binary of a development build has a suffix.
		is, _, _ = strings.Cut(is, "-dev")
		compare("the version of the binary", is)
		return version, found, nil
	}
	compare("the version of the binary", is)
	compare("the tag", strings.TrimPrefix(tag, "v"))
	if _, err := time.Parse(time.DateOnly, latest.date); err != nil {
		found = append(found, fmt.Errorf("%s: version %s has the date %q; write the day of the release, as in 2006-01-02", changelog, latest.version, latest.date))
	}
	if strings.TrimSpace(unreleased.text) != "" {
		found = append(found, fmt.Errorf("%s: the unreleased changes belong to %s", changelog, version))
	}
	return version, found, nil
}

func decode(repository fs.FS, name string, into any) error {
	text, err := fs.ReadFile(repository, name)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// section is one of a changelog, as https://keepachangelog.com has it.
type section struct{ version, date, text string }

var semantic = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

var heading = regexp.MustCompile(`(?m)^## \[([^\]]+)\](?: - (.*))?$`)

func sectionsOf(text string) []section {
	var out []section
	headings := heading.FindAllStringSubmatchIndex(text, -1)
	for i, h := range headings {
		end := len(text)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		s := section{version: text[h[2]:h[3]], text: text[h[1]:end]}
		if h[4] >= 0 {
			s.date = text[h[4]:h[5]]
		}
		out = append(out, s)
	}
	return out
}

// latestOf returns the first section that has a version, and the one above it.
func latestOf(sections []section) (latest, unreleased section) {
	for _, s := range sections {
		if s.version != "Unreleased" {
			return s, unreleased
		}
		unreleased = s
	}
	return latest, unreleased
}

var versionLine = regexp.MustCompile(`(?m)^cobaltcore-exporter, version (\S+)`)

func versionOf(text string) (string, error) {
	m := versionLine.FindStringSubmatch(text)
	if m == nil {
		return "", errors.New("the input is not the output of the version command of the exporter")
	}
	return m[1], nil
}
