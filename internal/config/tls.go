// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

// TLS has the settings for verifying a server and the client certificate of the exporter. Paths are
// absolute.
type TLS struct {
	CAFile             string `yaml:"caFile,omitempty" jsonschema:"default=" file:"true" jsonschema_description:"PEM file with the certificate authorities for verifying the server's certificate. If it is empty, the certificate authorities of the system are used. The file is read again when it changes."`
	CertFile           string `yaml:"certFile,omitempty" jsonschema:"default=" file:"true" jsonschema_description:"PEM file with the client certificate, if the server asks for one. It is read again when it changes."`
	KeyFile            string `yaml:"keyFile,omitempty" jsonschema:"default=" file:"true" jsonschema_description:"PEM file with the key of the client certificate."`
	ServerName         string `yaml:"serverName,omitempty" jsonschema:"default=,maxLength=253" jsonschema_description:"Name that the server's certificate must have, if it differs from the host in the URL."`
	InsecureSkipVerify bool   `yaml:"insecureSkipVerify,omitempty" jsonschema:"default=false" jsonschema_description:"Do not verify the server's certificate. Anyone between the exporter and the server can then read the requests, tokens included."`
}

func (t *TLS) check(at string, r *report) {
	switch {
	case r.hasError(at, joinPath(at, "certFile"), joinPath(at, "keyFile")): // it may be meant
	case t.CertFile != "" && t.KeyFile == "":
		r.errorf(joinPath(at, "certFile"), "a client certificate needs its key: add keyFile")
	case t.CertFile == "" && t.KeyFile != "":
		r.errorf(joinPath(at, "keyFile"), "a key needs its client certificate: add certFile")
	}
}
