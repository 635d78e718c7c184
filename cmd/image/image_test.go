// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/x509"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestImage(t *testing.T) {
	amd64, arm64 := compile(t, "GOARCH=amd64"), compile(t, "GOARCH=arm64")
	dir := buildImage(t, amd64, arm64)
	index, _ := contents(t, dir)
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	manifest, err := index.IndexManifest()
	must(t, err)
	var platforms []string
	for _, d := range manifest.Manifests {
		platforms = append(platforms, d.Platform.String())
		image, err := index.Image(d.Digest)
		must(t, err)
		config, err := image.ConfigFile()
		must(t, err)
		if got := config.OS + "/" + config.Architecture; got != d.Platform.String() {
			t.Errorf("the image for %s is one for %s", d.Platform, got)
		}
		if config.Created.Unix() != 1764000000 {
			t.Errorf("created %s", config.Created)
		}
		c := config.Config
		if c.User != "65532:65532" || !reflect.DeepEqual(c.Entrypoint, []string{"/cobaltcore-exporter"}) {
			t.Errorf("%s runs %q as %s", d.Platform, c.Entrypoint, c.User)
		}
		for label, want := range map[string]string{"version": "1.2.3", "revision": "abc", "created": "2025-11-24T16:00:00Z", "licenses": "Apache-2.0"} {
			if got := c.Labels["org.opencontainers.image."+label]; got != want {
				t.Errorf("label %s is %q, not %q", label, got, want)
			}
		}
	}
	if want := []string{"linux/amd64", "linux/arm64"}; !reflect.DeepEqual(platforms, want) {
		t.Errorf("platforms are %s, not %s", platforms, want)
	}

	first, err := index.Digest()
	must(t, err)
	again, _ := contents(t, buildImage(t, amd64, arm64))
	if second, err := again.Digest(); err != nil || first != second {
		t.Errorf("the same binaries give %s and then %s (%v)", first, second, err)
	}
}

func TestFiles(t *testing.T) {
	binary := compile(t, "GOARCH=amd64")
	index, _ := contents(t, buildImage(t, binary))
	manifest, err := index.IndexManifest()
	must(t, err)
	image, err := index.Image(manifest.Manifests[0].Digest)
	must(t, err)
	files, modes := extract(t, image)
	want := map[string]string{
		"etc": "drwxr-xr-x", "etc/group": "-rw-r--r--", "etc/passwd": "-rw-r--r--", "etc/ssl": "drwxr-xr-x",
		"etc/ssl/certs": "drwxr-xr-x", "etc/ssl/certs/ca-certificates.crt": "-rw-r--r--", "usr": "drwxr-xr-x", "usr/share": "drwxr-xr-x",
		"usr/share/licenses": "drwxr-xr-x", "usr/share/licenses/cobaltcore-exporter": "drwxr-xr-x",
		"usr/share/licenses/cobaltcore-exporter/LICENSE": "-rw-r--r--", "cobaltcore-exporter": "-rwxr-xr-x",
	}
	for name := range modes { // see TestLicences
		if strings.Contains(name, "/third-party") {
			delete(modes, name)
		}
	}
	if !reflect.DeepEqual(modes, want) {
		t.Errorf("the image has %v,\nnot %v", modes, want)
	}
	if program, err := os.ReadFile(binary); err != nil || !bytes.Equal(program, files["cobaltcore-exporter"]) {
		t.Errorf("the program is another one (%v)", err)
	}
	if !strings.Contains(string(files["etc/passwd"]), ":65532:65532:") {
		t.Errorf("the user has no name:\n%s", files["etc/passwd"])
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(files["etc/ssl/certs/ca-certificates.crt"]) || bytes.Count(files["etc/ssl/certs/ca-certificates.crt"], []byte("BEGIN")) < 100 {
		t.Error("the image trusts nobody")
	}
}

// A Dockerfile has the same files.
func TestFilesForADockerfile(t *testing.T) {
	binary := compile(t, "GOARCH=amd64")
	index, _ := contents(t, buildImage(t, binary))
	manifest, err := index.IndexManifest()
	must(t, err)
	image, err := index.Image(manifest.Manifests[0].Digest)
	must(t, err)
	dir := t.TempDir()
	must(t, run(t.Context(), []string{"files", "-licence", "../../LICENSE", "-binary", binary, dir}, io.Discard))
	files, modes := extract(t, image)
	for name, mode := range modes {
		if name == program {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if got := info.Mode().String(); got != mode {
			t.Errorf("%s is %s, in the image %s", name, got, mode)
		}
		if info.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(content, files[name]) {
			t.Errorf("%s is another one in the image (%v)", name, err)
		}
	}
}

// TestLicences checks that every module that is linked into a program, here this one, has its
// licence in the image.
func TestLicences(t *testing.T) {
	self, err := os.Executable()
	must(t, err)
	info, err := buildinfo.ReadFile(self)
	must(t, err)
	files, err := licences(self)
	must(t, err)
	texts := map[string]string{}
	for _, f := range files {
		texts[f.name] += string(f.content)
	}
	const dir = "usr/share/licenses/cobaltcore-exporter/third-party/"
	for _, m := range append(info.Deps, &debug.Module{Path: "go"}) {
		name := dir + strings.TrimSuffix(m.Path+"@"+m.Version, "@") + "/LICENSE"
		if len(texts[name]) < 500 {
			t.Errorf("%s has %d bytes", name, len(texts[name]))
		}
	}
	if len(info.Deps) < 3 {
		t.Errorf("only %d modules", len(info.Deps))
	}
	if got := escaped("github.com/Azure/go-autorest@v1.0.0-RC"); got != "github.com/!azure/go-autorest@v1.0.0-!r!c" {
		t.Error(got)
	}
	if _, err := licences(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("no error without a program")
	}
}

func TestBillOfMaterials(t *testing.T) {
	// This program has dependencies.
	binary := filepath.Join(t.TempDir(), "image")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	index, referrers := contents(t, buildImage(t, binary))
	if len(referrers) != 1 {
		t.Fatalf("%d bills of materials", len(referrers))
	}
	must(t, validate.Image(referrers[0], validate.Fast))
	manifest, err := referrers[0].Manifest()
	must(t, err)
	images, err := index.IndexManifest()
	must(t, err)
	if manifest.ArtifactType != "application/spdx+json" || manifest.Subject == nil || manifest.Subject.Digest != images.Manifests[0].Digest {
		t.Errorf("the manifest does not refer to the image: %+v", manifest)
	}
	layers, err := referrers[0].Layers()
	must(t, err)
	content, err := layers[0].Uncompressed()
	must(t, err)
	defer content.Close()
	var doc spdxDocument
	must(t, json.NewDecoder(content).Decode(&doc))

	info, err := buildinfo.ReadFile(binary)
	must(t, err)
	want := map[string]bool{
		"pkg:golang/github.com/cobaltcore-dev/cobaltcore-exporter/cmd/image@1.2.3": true,
		"pkg:golang/stdlib@" + strings.TrimPrefix(info.GoVersion, "go"):            true,
	}
	for _, m := range info.Deps {
		want["pkg:golang/"+strings.ToLower(m.Path)+"@"+strings.ReplaceAll(m.Version, "+", "%2B")] = true
	}
	got, ids := map[string]bool{}, map[string]bool{}
	for _, p := range doc.Packages {
		got[p.References[0].Locator] = true
		ids[p.ID] = true
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the bill has %v,\nthe binary %v", got, want)
	}
	for _, r := range doc.Relationships[1:] {
		if !ids[r.Element] || !ids[r.Related] {
			t.Errorf("%+v is about nothing", r)
		}
	}
}

func TestPush(t *testing.T) {
	for _, referrers := range []bool{true, false} {
		t.Run(fmt.Sprintf("referrers=%t", referrers), func(t *testing.T) {
			server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(referrers)))
			defer server.Close()
			dir := buildImage(t, compile(t, "GOARCH=amd64"))
			reference := strings.TrimPrefix(server.URL, "http://") + "/cobaltcore-dev/cobaltcore-exporter:1.2.3"
			var out bytes.Buffer
			must(t, run(t.Context(), []string{"push", "-from", dir, reference}, &out))

			tag, err := name.ParseReference(reference)
			must(t, err)
			index, err := remote.Index(tag)
			must(t, err)
			digest, err := index.Digest()
			must(t, err)
			if want := tag.Context().Digest(digest.String()).String() + "\n"; out.String() != want {
				t.Errorf("it says %q, not %q", out.String(), want)
			}
			manifest, err := index.IndexManifest()
			must(t, err)
			found, err := remote.Referrers(tag.Context().Digest(manifest.Manifests[0].Digest.String()))
			must(t, err)
			list, err := found.IndexManifest()
			must(t, err)
			_, sboms := contents(t, dir)
			want, err := sboms[0].Digest()
			must(t, err)
			if len(list.Manifests) != 1 || list.Manifests[0].Digest != want {
				t.Errorf("the registry knows these referrers: %+v, not %s", list.Manifests, want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	binary := compile(t, "GOARCH=amd64")
	tests := []struct {
		name, epoch string
		binaries    []string
		want        string
	}{
		{"no time", "", []string{binary}, "SOURCE_DATE_EPOCH"},
		{"no program of Go", epoch, []string{"../../LICENSE"}, "not a program of Go"},
		{"the same platform twice", epoch, []string{binary, binary}, "another binary for linux/amd64"},
		{"no binary", epoch, nil, "usage"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("SOURCE_DATE_EPOCH", tt.epoch)
			dir := filepath.Join(t.TempDir(), "image")
			err := run(t.Context(), append([]string{"build", "-out", dir, "-version", "1.2.3"}, tt.binaries...), io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("something was written")
			}
		})
	}
}

// A program with a C library would not find it.
func TestCgoIsRefused(t *testing.T) {
	_, err := platformOf(&buildinfo.BuildInfo{})
	if err == nil {
		t.Error("a program that may need a C library is taken")
	}
}
