// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// Notes about the flow of secrets are kept beside the rows of objects, because the location of a key depends on the
// store, which is another object.

// perReference is the memory of a reference to a secret or a store without its names, in bytes.
const perReference = 128

func (o *externalSecretObject) flow(r *exposition.Rows) *secretflow.User {
	u := &secretflow.User{LastSync: r.Shifted(o.Status.RefreshTime)}
	refer := func(own *storeRef, key string, find bool) {
		s := own
		if s == nil || s.Name == "" {
			s = &o.Spec.Store
		}
		if s.Name != "" && r.Keep(perReference+len(s.Name)+len(key)) {
			u.References = append(u.References, secretflow.Reference{StoreKind: s.kind(), StoreName: s.Name, Key: key, Find: find})
		}
	}
	for i := range o.Spec.Data {
		refer(o.Spec.Data[i].Source.Store, o.Spec.Data[i].Remote.Key, false)
	}
	for i := range o.Spec.DataFrom {
		switch d := &o.Spec.DataFrom[i]; {
		case d.Extract != nil:
			refer(d.Source.Store, d.Extract.Key, false)
		case d.Find != nil:
			refer(d.Source.Store, "", true)
		case d.Key != "": // v1alpha1
			refer(nil, d.Key, false)
		}
	}
	return u
}

func (o *pushSecretObject) flow(r *exposition.Rows) *secretflow.User {
	u := &secretflow.User{LastSync: r.Shifted(o.Status.RefreshTime)}
	for _, s := range o.Spec.Stores {
		selected := s.Name == "" || s.Selector != nil
		if selected || o.Spec.DataTo > 0 { // the operator chooses the stores or keys
			u.References = append(u.References, secretflow.Reference{Find: true})
		}
		for i := range o.Spec.Data {
			if key := o.Spec.Data[i].Match.Remote.Key; !selected && r.Keep(perReference+len(s.Name)+len(key)) {
				u.References = append(u.References, secretflow.Reference{
					StoreKind: s.kind(), StoreName: s.Name, Key: key,
				})
			}
		}
	}
	return u
}

func (o *storeObject) flow(backend string) *secretflow.Store {
	p := &o.Spec.Provider
	return &secretflow.Store{
		Vault: p.isVault(), Backend: backend, Path: p.vault.Path, V1: p.vault.Version == "v1", Namespace: p.vault.Namespace != "",
	}
}
