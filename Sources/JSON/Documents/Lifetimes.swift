// Ties a value that holds a pointer to the owner of the memory behind it. The standard library's own functions for
// this are underscored too (`_overrideLifetime`); these are the same, so that ours is the one place to change.

@_unsafeNonescapableResult
@_lifetime(borrow source)
func tied<T: ~Copyable & ~Escapable, U: ~Copyable & ~Escapable>(
  _ value: consuming T, borrowing source: borrowing U
) -> T { value }

@_unsafeNonescapableResult
@_lifetime(copy source)
func tied<T: ~Copyable & ~Escapable, U: ~Copyable & ~Escapable>(
  _ value: consuming T, copying source: borrowing U
) -> T { value }
