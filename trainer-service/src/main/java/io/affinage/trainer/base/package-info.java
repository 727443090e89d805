/** The model that training starts from: how requests name it, and how its files are found. */
package io.affinage.trainer.base;
