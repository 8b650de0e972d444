// What runs inside Redis, and the names of the keys. One script is one round trip and happens whole or not at all.

/// A script and how it is called.
struct RedisScript {
  let source: String
  /// Set from the answer to `SCRIPT LOAD`, and used by `EVALSHA`.
  var digest = ""
}

/// The keys of a namespace. The braces are a hash tag: a Redis Cluster keeps them all in one slot.
struct RedisKeys {
  /// Before the key of a value: that string is head (``RecordHead``) and value.
  let value: [UInt8]
  /// A sorted set of all keys, scores 0, which is in byte order.
  let index: [UInt8]
  /// A sorted set of the keys that expire, by when.
  let expiry: [UInt8]
  /// The counter that versions are taken from.
  let version: [UInt8]

  init(namespace: String) {
    func name(_ end: String) -> [UInt8] { Array("atoll:{\(namespace)}:\(end)".utf8) }
    value = name("v:")
    index = name("keys")
    expiry = name("expiry")
    version = name("version")
  }
}

/// What the scripts answer instead of a version or a count.
enum RedisVerdict {
  static let conflict: Int64 = -1
  static let corrupt: Int64 = -2
}

enum RedisScripts {
  /// KEYS: value, index, expiry, version. ARGV: key, now, condition (`n`one, `a`bsent, `v`ersion), the version's eight
  /// bytes, expiry (0: never), the value.
  ///
  /// The counter begins at the clock's microseconds, so that versions go up also over a Redis that lost everything.
  /// Its other keys are in the slot of KEYS[1], so that a cluster allows them.
  static let put = """
    local now = tonumber(ARGV[2])
    local head = redis.call('GETRANGE', KEYS[1], 0, 16)
    local alive = false
    if #head > 0 then
      if #head < 17 or string.byte(head) ~= 1 then return -2 end
      local expires = struct.unpack('>I8', head, 10)
      alive = expires == 0 or expires > now
    end
    if ARGV[3] == 'a' and alive then return -1 end
    if ARGV[3] == 'v' and not (alive and string.sub(head, 2, 9) == ARGV[4]) then return -1 end
    local version = redis.call('INCR', KEYS[4])
    if version == 1 then
      version = now * 1000
      redis.call('SET', KEYS[4], string.format('%.0f', version))
    end
    local expires = tonumber(ARGV[5])
    redis.call('SET', KEYS[1], struct.pack('>BI8I8', 1, version, expires) .. ARGV[6])
    redis.call('ZADD', KEYS[2], 0, ARGV[1])
    if expires > 0 then
      redis.call('ZADD', KEYS[3], expires, ARGV[1])
    else
      redis.call('ZREM', KEYS[3], ARGV[1])
    end
    \(sweeping(atMost: RedisLimits.sweptWithWrite))
    return version
    """

  /// KEYS and the first four of ARGV as for ``put``. Answers whether there was a value.
  static let delete = """
    local now = tonumber(ARGV[2])
    local head = redis.call('GETRANGE', KEYS[1], 0, 16)
    local alive = false
    if #head > 0 then
      if #head < 17 or string.byte(head) ~= 1 then return -2 end
      local expires = struct.unpack('>I8', head, 10)
      alive = expires == 0 or expires > now
    end
    if ARGV[3] == 'a' and alive then return -1 end
    if ARGV[3] == 'v' and not (alive and string.sub(head, 2, 9) == ARGV[4]) then return -1 end
    redis.call('UNLINK', KEYS[1])
    redis.call('ZREM', KEYS[2], ARGV[1])
    redis.call('ZREM', KEYS[3], ARGV[1])
    \(sweeping(atMost: RedisLimits.sweptWithWrite))
    if alive then return 1 else return 0 end
    """

  /// KEYS as for ``put``. ARGV: unused, now. Answers how many records it removed.
  static let sweep = """
    local now = tonumber(ARGV[2])
    \(sweeping(atMost: RedisLimits.sweptAtOnce))
    return #swept
    """

  /// KEYS as for ``put``, the first one without a key at its end. ARGV: the prefix, now, the least key as
  /// ZRANGEBYLEX writes it, how many keys are wanted.
  ///
  /// Answers the last key it looked at (empty: it saw all), then key and head in turn. A key of the index without a
  /// value, which nothing of ours makes, is passed over.
  static let list = """
    local prefix, now, wanted = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
    local most = \(RedisLimits.keysScanned)
    local keys = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[3], '+', 'LIMIT', 0, most)
    local page = { '' }
    for i, key in ipairs(keys) do
      if string.sub(key, 1, #prefix) ~= prefix then return page end
      local head = redis.call('GETRANGE', KEYS[1] .. key, 0, 16)
      if #head > 0 then
        if #head < 17 or string.byte(head) ~= 1 then return redis.error_reply('CORRUPT ' .. key) end
        local expires = struct.unpack('>I8', head, 10)
        if expires == 0 or expires > now then
          page[#page + 1] = key
          page[#page + 1] = head
          wanted = wanted - 1
        end
      end
      if wanted == 0 then
        page[1] = key
        return page
      end
    end
    if #keys == most then page[1] = keys[most] end
    return page
    """

  /// The end of a script that writes: what it removes has been expired for long, and its record says so too.
  private static func sweeping(atMost count: Int) -> String {
    """
    local stem = string.match(KEYS[3], '^(.*:)expiry$') .. 'v:'
      local before = now - \(RedisLimits.sweepGraceMilliseconds)
      local swept = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', before, 'LIMIT', 0, \(count))
      for i, key in ipairs(swept) do
        local head = redis.pcall('GETRANGE', stem .. key, 0, 16)
        local expires = 0
        if #head == 17 and string.byte(head) == 1 then expires = struct.unpack('>I8', head, 10) end
        if head == '' or expires > 0 and expires <= before then
          redis.call('UNLINK', stem .. key)
          redis.call('ZREM', KEYS[2], key)
        end
        redis.call('ZREM', KEYS[3], key)
      end
    """
  }
}
