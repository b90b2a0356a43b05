#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace talkbench::base {

/// The newest `capacity` values, oldest first. Never allocates after construction.
template <typename T>
class RingBuffer {
public:
    explicit RingBuffer(std::size_t capacity) : m_capacity(capacity) { m_values.reserve(capacity); }

    void push(T value)
    {
        if (m_values.size() < m_capacity) {
            m_values.push_back(std::move(value));
        } else if (m_capacity > 0) {
            m_values[m_oldest] = std::move(value);
            m_oldest = (m_oldest + 1) % m_capacity;
        }
    }
    void clear()
    {
        m_values.clear();
        m_oldest = 0;
    }

    std::size_t size() const { return m_values.size(); }
    std::size_t capacity() const { return m_capacity; }
    bool isEmpty() const { return m_values.empty(); }
    /// 0 is the oldest.
    const T &at(std::size_t index) const { return m_values[(m_oldest + index) % m_values.size()]; }
    const T &newest() const { return at(m_values.size() - 1); }

private:
    std::vector<T> m_values;
    std::size_t m_capacity;
    std::size_t m_oldest = 0;
};

} // namespace talkbench::base
