// Records that events point at, in one array that is used again and again.

/// A record of a slab that may be gone by the time somebody asks for it.
struct Ticket: BitwiseCopyable, Equatable {
  var slot: UInt32
  /// How often the slot had been given back when the record was made.
  var generation: UInt32
}

/// Records by slot. Taking and giving back are a few instructions; nothing is allocated once it has grown.
struct Slab<Record> {
  private(set) var records: [Record] = []
  private var generations: [UInt32] = []
  private var free: [UInt32] = []
  private(set) var count = 0

  mutating func insert(_ record: Record) -> Ticket {
    count += 1
    if let slot = free.popLast() {
      records[Int(slot)] = record
      return Ticket(slot: slot, generation: generations[Int(slot)])
    }
    records.append(record)
    generations.append(0)
    return Ticket(slot: UInt32(records.count - 1), generation: 0)
  }

  mutating func remove(_ slot: UInt32) {
    generations[Int(slot)] &+= 1
    free.append(slot)
    count -= 1
  }

  subscript(slot: UInt32) -> Record {
    get { records[Int(slot)] }
    _modify { yield &records[Int(slot)] }
  }

  func ticket(_ slot: UInt32) -> Ticket { Ticket(slot: slot, generation: generations[Int(slot)]) }

  func holds(_ ticket: Ticket) -> Bool { generations[Int(ticket.slot)] == ticket.generation }
}
