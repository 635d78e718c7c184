// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"k8s.io/client-go/rest"
)

// SecretRef names a Secret of a cluster.
type SecretRef struct{ Cluster, Namespace, Name string }

// Credentials are the connection settings of a cluster that was found in a Secret. They are replaced when the Secret
// changes; a connection detects this by [Cluster.Fingerprint].
type Credentials struct {
	Secret SecretRef

	mu          sync.Mutex
	config      *rest.Config
	fingerprint string
}

// set replaces the credentials with the settings of a kubeconfig.
func (c *Credentials) set(config *rest.Config, kubeconfig []byte) {
	sum := sha256.Sum256(kubeconfig)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.config, c.fingerprint = config, hex.EncodeToString(sum[:])
}

func (c *Credentials) get() (config *rest.Config, fingerprint string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.config != nil { // otherwise the zero value
		config = rest.CopyConfig(c.config)
	}
	return config, c.fingerprint
}

// clone returns a copy that is not affected by later changes of files.
func (c *Credentials) clone() *Credentials {
	config, fingerprint := c.get()
	return &Credentials{Secret: c.Secret, config: config, fingerprint: fingerprint}
}
