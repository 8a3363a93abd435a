/** The matrix product by Java's Vector API, apart: it is compiled with a module that is open only where a process asks for it. */
package io.swinlake.search.product.vector;
