// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// certificatesModule is where the certificates of the image are from.
const certificatesModule = "golang.org/x/crypto/x509roots/fallback"

// spdxDocument is what https://spdx.github.io/spdx-spec/v2.3 calls a document, as far as it is used here.
type spdxDocument struct {
	Version           string             `json:"spdxVersion"`
	ID                string             `json:"SPDXID"`
	Name              string             `json:"name"`
	Namespace         string             `json:"documentNamespace"`
	DataLicense       string             `json:"dataLicense"`
	CreationInfo      spdxCreation       `json:"creationInfo"`
	Packages          []spdxPackage      `json:"packages"`
	Relationships     []spdxRelationship `json:"relationships"`
	DocumentDescribes []string           `json:"documentDescribes"`
}

type spdxCreation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type spdxPackage struct {
	ID               string          `json:"SPDXID"`
	Name             string          `json:"name"`
	Version          string          `json:"versionInfo"`
	DownloadLocation string          `json:"downloadLocation"`
	FilesAnalyzed    bool            `json:"filesAnalyzed"`
	Purpose          string          `json:"primaryPackagePurpose"`
	LicenseDeclared  string          `json:"licenseDeclared"`
	LicenseConcluded string          `json:"licenseConcluded"`
	Copyright        string          `json:"copyrightText"`
	Checksums        []spdxChecksum  `json:"checksums,omitempty"`
	References       []spdxReference `json:"externalRefs"`
}

type spdxChecksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type spdxReference struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type spdxRelationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

// sbomOf lists the modules in the binary, from its own build information.
func sbomOf(o options, binary string, info *buildinfo.BuildInfo, image v1.Image) (sbom, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return sbom{}, err
	}
	sum := sha256.Sum256(content)
	checksum := hex.EncodeToString(sum[:])
	root := spdxModule(info.Main.Path, o.Version)
	root.Name, root.Purpose, root.LicenseDeclared = program, "APPLICATION", "Apache-2.0"
	root.Checksums = []spdxChecksum{{"SHA256", checksum}}
	doc := spdxDocument{
		Version: "SPDX-2.3", ID: "SPDXRef-DOCUMENT", DataLicense: "CC0-1.0", Name: program + "-" + o.Version,
		Namespace:         "https://" + info.Main.Path + "/spdx/" + checksum,
		CreationInfo:      spdxCreation{o.Time.Format(time.RFC3339), []string{"Tool: " + program + "-cmd-image", "Organization: cobaltcore-dev"}},
		Packages:          []spdxPackage{root},
		Relationships:     []spdxRelationship{{"SPDXRef-DOCUMENT", "DESCRIBES", root.ID}},
		DocumentDescribes: []string{root.ID},
	}
	dependencies := []spdxPackage{spdxModule("stdlib", strings.TrimPrefix(info.GoVersion, "go"))}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		dependencies = append(dependencies, spdxModule(m.Path, m.Version))
	}
	certificates, err := ownDependency(certificatesModule)
	if err != nil {
		return sbom{}, err
	}
	for _, p := range append(dependencies, certificates) {
		doc.Packages = append(doc.Packages, p)
		doc.Relationships = append(doc.Relationships, spdxRelationship{root.ID, "DEPENDS_ON", p.ID})
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return sbom{}, err
	}
	text = append(text, '\n')
	referrer, err := referrerOf(image, "application/spdx+json", program+".spdx.json", text)
	return sbom{text, referrer}, err
}

func spdxModule(path, version string) spdxPackage {
	const unknown = "NOASSERTION"
	return spdxPackage{
		ID: spdxID(path), Name: path, Version: version, DownloadLocation: unknown, Purpose: "LIBRARY",
		LicenseDeclared: unknown, LicenseConcluded: unknown, Copyright: unknown,
		References: []spdxReference{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + strings.ToLower(path) + "@" + strings.ReplaceAll(version, "+", "%2B")}},
	}
}

// spdxID has letters, digits, dots and dashes only, and no two paths have the same.
func spdxID(path string) string {
	var b strings.Builder
	b.WriteString("SPDXRef-")
	for _, c := range []byte(path) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' {
			b.WriteByte(c)
			continue
		}
		_, _ = fmt.Fprintf(&b, "-%02x", c)
	}
	return b.String()
}

// ownDependency is a module that this program was built with.
func ownDependency(path string) (spdxPackage, error) {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return spdxModule(m.Path, m.Version), nil
			}
		}
	}
	return spdxPackage{}, fmt.Errorf("the version of %s is not known", path)
}
