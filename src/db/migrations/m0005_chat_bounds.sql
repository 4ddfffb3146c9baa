-- Whose quota the room takes a place of: its maker, or whom the room was handed to. NULL for `general` and direct rooms.
ALTER TABLE chat_rooms ADD COLUMN made_by BLOB REFERENCES users (id) ON DELETE SET NULL;

UPDATE chat_rooms SET made_by =
    (SELECT user_id FROM chat_members WHERE room_id = chat_rooms.id AND role = 'owner' LIMIT 1);

-- The rooms that quotas count.
CREATE INDEX chat_rooms_by_maker ON chat_rooms (made_by) WHERE deleted_at IS NULL AND kind <> 'direct';

-- Messages whose text changed and whose quotes in the streams of their rooms must still be made to follow: those in
-- answers with a number below `before`.
CREATE TABLE chat_requotes (
    message_id BLOB PRIMARY KEY NOT NULL,
    before     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
